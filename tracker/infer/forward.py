"""The forward pass in float32, with a cache of keys and values: linear layers on kernels, everything else in numpy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.gguf.reader import Tensor
from tracker.infer.layers import Kernels
from tracker.infer.model import Llama, values

Singles = NDArray[np.float32]


class Session:
    """A text in the making: tokens go in, logits come out, keys and values stay."""

    def __init__(self, model: Llama, kernels: Kernels) -> None:
        self._model, self._kernels = model, kernels
        sizes = model.sizes
        empty = np.zeros((0, sizes.kv_heads, sizes.head), np.float32)
        self._cache = [(empty, empty) for _ in range(sizes.layers)]
        self._position = 0

    def feed(self, tokens: Sequence[int]) -> Singles:
        """Logits after each of the next tokens, shape (tokens, vocabulary)."""
        x = self._kernels.rows(self._model.embedding, tokens)
        for layer in range(self._model.sizes.layers):
            x = x + self._attention(layer, self._normalized(x, self._model.layer(layer, "attn_norm")))
            x = x + self._feed_forward(layer, self._normalized(x, self._model.layer(layer, "ffn_norm")))
        self._position += len(tokens)
        return self._kernels.product(self._model.output, self._normalized(x, self._model.tensors["output_norm.weight"]))

    def _normalized(self, x: Singles, weight: Tensor) -> Singles:
        """RMSNorm (Zhang and Sennrich 2019)."""
        mean = np.mean(x * x, axis=-1, keepdims=True, dtype=np.float32)
        scaled = x / np.sqrt(mean + np.float32(self._model.sizes.epsilon))
        return np.asarray(scaled * values(weight).astype(np.float32))

    def _attention(self, layer: int, x: Singles) -> Singles:
        """Grouped-query attention (Ainslie et al. 2023) of the new positions over all so far."""
        sizes = self._model.sizes
        q, k, v = (
            self._kernels.product(self._model.layer(layer, name), x).reshape(len(x), -1, sizes.head)
            for name in ("attn_q", "attn_k", "attn_v")
        )
        past_k, past_v = self._cache[layer]
        keys, held = np.concatenate([past_k, self._rotated(k)]), np.concatenate([past_v, v])
        self._cache[layer] = keys, held
        grouped = self._rotated(q).reshape(len(x), sizes.kv_heads, -1, sizes.head)
        scores = np.einsum("tghd,sgd->ghts", grouped, keys) / np.float32(np.sqrt(sizes.head))
        future = np.arange(len(keys)) > self._position + np.arange(len(x))[:, None]
        shares = _softmax(np.where(future, np.float32(-np.inf), scores))
        mixed = np.einsum("ghts,sgd->tghd", shares, held).reshape(len(x), sizes.width)
        return self._kernels.product(self._model.layer(layer, "attn_output"), mixed)

    def _rotated(self, heads: Singles) -> Singles:
        """Rotary positions (Su et al. 2021): neighbouring elements are a pair; shape (tokens, heads, head)."""
        sizes = self._model.sizes
        turned = sizes.rope_dimensions
        frequency = sizes.rope_base ** (-np.arange(0, turned, 2) / turned) / self._model.rope_factors
        angle = (self._position + np.arange(len(heads)))[:, None, None] * frequency
        cosine, sine = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
        even, odd = heads[..., 0:turned:2], heads[..., 1:turned:2]
        result = heads.copy()
        result[..., 0:turned:2] = even * cosine - odd * sine
        result[..., 1:turned:2] = even * sine + odd * cosine
        return result

    def _feed_forward(self, layer: int, x: Singles) -> Singles:
        """SwiGLU (Shazeer 2020)."""
        gate, up = (self._kernels.product(self._model.layer(layer, name), x) for name in ("ffn_gate", "ffn_up"))
        hidden = gate / (1 + np.exp(-gate)) * up
        return self._kernels.product(self._model.layer(layer, "ffn_down"), hidden)


def _softmax(scores: Singles) -> Singles:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
