"""The same model in float64, written on its own: the whole text at once, no cache, dequantized weights.

Activations are left as they are: this is what the model means. The kernels round them to q8_1 blocks before every
product, so their logits differ from these by that rounding.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.gguf.reader import Tensor
from tracker.infer.model import Llama, values

Floats = NDArray[np.float64]


def logits(model: Llama, tokens: Sequence[int]) -> Floats:
    """Logits after every token, shape (tokens, vocabulary)."""
    x = values(model.embedding, tokens)
    for layer in range(model.sizes.layers):
        x = x + _attention(model, layer, _norm(model, x, model.layer(layer, "attn_norm")))
        y = _norm(model, x, model.layer(layer, "ffn_norm"))
        gate, up = _linear(model.layer(layer, "ffn_gate"), y), _linear(model.layer(layer, "ffn_up"), y)
        x = x + _linear(model.layer(layer, "ffn_down"), gate * up / (1 + np.exp(-gate)))
    return _linear(model.output, _norm(model, x, model.tensors["output_norm.weight"]))


def _linear(weights: Tensor, x: Floats) -> Floats:
    return np.asarray(x @ values(weights).T)


def _norm(model: Llama, x: Floats, weight: Tensor) -> Floats:
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return np.asarray(x * values(weight) / np.sqrt(length**2 / x.shape[1] + model.sizes.epsilon))


def _attention(model: Llama, layer: int, x: Floats) -> Floats:
    """One head after the other; the query heads of a group share a key head."""
    sizes = model.sizes
    q, k, v = (_linear(model.layer(layer, f"attn_{name}"), x) for name in "qkv")
    queries, keys, held = (np.split(part, part.shape[1] // sizes.head, axis=1) for part in (q, k, v))
    heads = []
    for number, query in enumerate(queries):
        group = number * sizes.kv_heads // sizes.heads
        scores = _rotate(model, query) @ _rotate(model, keys[group]).T / sizes.head**0.5
        scores[np.triu_indices(len(x), 1)] = -np.inf  # what is still to come
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        heads.append(weights / weights.sum(axis=1, keepdims=True) @ held[group])
    return _linear(model.layer(layer, "attn_output"), np.concatenate(heads, axis=1))


def _rotate(model: Llama, head: Floats) -> Floats:
    """Pairs of neighbours as complex numbers, turned by their position."""
    turned = model.sizes.rope_dimensions
    powers = np.arange(turned // 2) * 2 / turned
    angle = np.outer(np.arange(len(head)), 1 / (model.sizes.rope_base**powers * model.rope_factors))
    pairs = np.ascontiguousarray(head[:, :turned]).view(np.complex128) * np.exp(1j * angle)
    return np.concatenate([pairs.view(np.float64), head[:, turned:]], axis=1)
