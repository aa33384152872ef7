"""The same model in float64, written on its own: the whole text at once, no cache, dequantized weights.

Two references, by how a linear layer's input is treated. `float`: as it is, what the model means. `q8_1`: rounded to
q8_1 blocks as the kernels' contracts say (with the stored half sum where the kernel uses it), what right kernels
compute up to float32 rounding; from that also comes which code a value near the middle of two is rounded to, so that
differences of one code may spread from there.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kernels.contracts import oracle, q8_1
from kernels.contracts.formats import quantized
from tracker.gguf.reader import Tensor
from tracker.infer.layers import uses_stored_sum
from tracker.infer.model import Llama, values

Floats = NDArray[np.float64]
Activations = Literal["float", "q8_1"]


def logits(model: Llama, tokens: Sequence[int], steps: Sequence[int], activations: Activations) -> Floats:
    """Logits after every token, shape (tokens, vocabulary). `steps`: how many tokens went through at a time."""
    return _Reference(model, steps, activations).logits(tokens)


class _Reference:
    def __init__(self, model: Llama, steps: Sequence[int], activations: Activations) -> None:
        self._model, self._steps, self._activations = model, steps, activations

    def logits(self, tokens: Sequence[int]) -> Floats:
        model, x = self._model, values(self._model.embedding)[list(tokens)]
        for layer in range(model.sizes.layers):
            x = x + self._attention(layer, self._norm(x, model.layer(layer, "attn_norm")))
            y = self._norm(x, model.layer(layer, "ffn_norm"))
            gate, up = self._linear(model.layer(layer, "ffn_gate"), y), self._linear(model.layer(layer, "ffn_up"), y)
            x = x + self._linear(model.layer(layer, "ffn_down"), gate * up / (1 + np.exp(-gate)))
        return self._linear(model.output, self._norm(x, model.tensors["output_norm.weight"]))

    def _norm(self, x: Floats, weight: Tensor) -> Floats:
        length = np.linalg.norm(x, axis=1, keepdims=True)
        return x * values(weight) / np.sqrt(length**2 / x.shape[1] + self._model.sizes.epsilon)

    def _attention(self, layer: int, x: Floats) -> Floats:
        """One head after the other; the query heads of a group share a key head."""
        sizes = self._model.sizes
        q, k, v = (self._linear(self._model.layer(layer, f"attn_{name}"), x) for name in "qkv")
        queries, keys, held = (np.split(part, part.shape[1] // sizes.head, axis=1) for part in (q, k, v))
        heads = []
        for number, query in enumerate(queries):
            group = number * sizes.kv_heads // sizes.heads
            scores = self._rotate(query) @ self._rotate(keys[group]).T / sizes.head**0.5
            scores[np.triu_indices(len(x), 1)] = -np.inf  # what is still to come
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            heads.append(weights / weights.sum(axis=1, keepdims=True) @ held[group])
        return self._linear(self._model.layer(layer, "attn_output"), np.concatenate(heads, axis=1))

    def _rotate(self, head: Floats) -> Floats:
        """Pairs of neighbours as complex numbers, turned by their position."""
        sizes = self._model.sizes
        turned = sizes.rope_dimensions
        powers = np.arange(turned // 2) * 2 / turned
        angle = np.outer(np.arange(len(head)), 1 / (sizes.rope_base**powers * self._model.rope_factors))
        pairs = np.ascontiguousarray(head[:, :turned]).view(np.complex128) * np.exp(1j * angle)
        return np.concatenate([pairs.view(np.float64), head[:, turned:]], axis=1)

    def _linear(self, weights: Tensor, x: Floats) -> Floats:
        if self._activations == "float" or not quantized(weights.kind):
            return x @ values(weights).T
        decoded = oracle.decode_rows(weights.kind, weights.blocks())
        packed = q8_1.quantize(x.astype(np.float32))
        done, parts = 0, []
        for rows in self._steps:
            stored = uses_stored_sum(weights.kind, rows)
            parts.append(oracle.q8_1_product(decoded, packed[done : done + rows], stored).reference)
            done += rows
        return np.concatenate(parts)
