"""A llama-architecture model in a GGUF file: its sizes and its tensors, checked before anything is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.contracts.formats import quantized
from kernels.contracts.oracle import decode_rows
from tracker.errors import UsageError
from tracker.gguf.reader import Model, Tensor, check_values

Singles = NDArray[np.float32]

FLOATS = ("f32", "f16", "bf16")
ARCHITECTURE = "llama"


@dataclass(frozen=True)
class Sizes:
    """Hyperparameters, as the file's metadata gives them (gguf specification, "LLM")."""

    layers: int
    width: int
    hidden: int
    heads: int
    kv_heads: int
    epsilon: float
    rope_base: float
    rope_dimensions: int
    context: int

    @property
    def head(self) -> int:
        """Elements of one head."""
        return self.width // self.heads


@dataclass(frozen=True)
class Llama:
    """A model whose tensors are all there and fit together."""

    sizes: Sizes
    tensors: Mapping[str, Tensor]

    def layer(self, number: int, name: str) -> Tensor:
        """A layer's tensor: `attn_q`, `ffn_down`, `attn_norm`, …"""
        return self.tensors[f"blk.{number}.{name}.weight"]

    @property
    def embedding(self) -> Tensor:
        """A row per token."""
        return self.tensors["token_embd.weight"]

    @property
    def output(self) -> Tensor:
        """The matrix of the logits; the embedding where the file has no other."""
        return self.tensors.get("output.weight", self.embedding)

    @property
    def rope_factors(self) -> NDArray[np.float64]:
        """What divides each rotation's frequency; ones where the file says nothing."""
        tensor = self.tensors.get("rope_freqs.weight")
        return values(tensor) if tensor else np.ones(self.sizes.rope_dimensions // 2)


def load(model: Model) -> Llama:
    """Raises UsageError for another architecture, missing metadata, tensors missing, unknown or of a wrong shape."""
    sizes = _sizes(model)
    expected = _shapes(sizes, model)
    for name, shape in expected.items():
        if name not in model.tensors:
            raise UsageError(f"{model.path} has no tensor {name}", "infer runs models of the llama architecture")
        if model.tensors[name].shape != shape:
            wrong = f"tensor {name} has the shape {model.tensors[name].shape}, not {shape}"
            raise UsageError(f"{model.path}: {wrong}", "write the file again")
    unknown = sorted(model.tensors.keys() - expected.keys())
    if unknown:
        what = f"{model.path} has tensors that a plain llama model has not: {', '.join(unknown[:3])}"
        raise UsageError(what, "biases, experts and adapters are not supported")
    for tensor in model.tensors.values():
        if quantized(tensor.kind):
            check_values(model, tensor)
        elif tensor.kind not in FLOATS:
            remedy = f"known are block types and {', '.join(FLOATS)}"
            raise UsageError(f"{model.path}: tensor {tensor.name} is of type {tensor.kind}", remedy)
    return Llama(sizes, model.tensors)


def values(tensor: Tensor, rows: Sequence[int] | slice = slice(None)) -> NDArray[np.float64]:
    """The real values of a tensor, in its shape; or of chosen rows of it."""
    if quantized(tensor.kind):
        return decode_rows(tensor.kind, tensor.blocks()[rows]).value
    if tensor.kind == "bf16":
        singles = (tensor.data.view("<u2").astype("<u4") << 16).view("<f4")
    else:
        singles = tensor.data.view("<f4" if tensor.kind == "f32" else "<f2")
    return singles.reshape(tensor.shape)[rows].astype(np.float64)


def _sizes(model: Model) -> Sizes:
    architecture = model.fields.get("general.architecture")
    if architecture != ARCHITECTURE:
        raise UsageError(f"{model.path} is a model of architecture {architecture}", "infer runs llama models")
    heads, width = _number(model, "attention.head_count"), _number(model, "embedding_length")
    if _get(model, "rope.scaling.type", "none") != "none":
        raise UsageError(f"{model.path} scales its rotations", "use a model without rope scaling")
    sizes = Sizes(
        layers=_number(model, "block_count"),
        width=width,
        hidden=_number(model, "feed_forward_length"),
        heads=heads,
        kv_heads=int(_get(model, "attention.head_count_kv", heads)),
        epsilon=float(_number(model, "attention.layer_norm_rms_epsilon", float)),
        rope_base=float(_get(model, "rope.freq_base", 10000.0)),
        rope_dimensions=int(_get(model, "rope.dimension_count", width // heads)),
        context=_number(model, "context_length"),
    )
    if width % heads or heads % sizes.kv_heads or sizes.rope_dimensions % 2 or sizes.rope_dimensions > sizes.head:
        raise UsageError(f"{model.path}: its heads do not divide its rows ({sizes})", "write the file again")
    return sizes


def _get(model: Model, key: str, default: Any) -> Any:
    return model.fields.get(f"{ARCHITECTURE}.{key}", default)


def _number(model: Model, key: str, kind: type = int) -> Any:
    value = _get(model, key, None)
    if not isinstance(value, int | float) or value <= 0:
        raise UsageError(f"{model.path}: {ARCHITECTURE}.{key} is {value}", "write the file again")
    return kind(value)


def _shapes(sizes: Sizes, model: Model) -> dict[str, tuple[int, ...]]:
    kv_width = sizes.kv_heads * sizes.head
    layer = {
        "attn_norm": (sizes.width,),
        "attn_q": (sizes.width, sizes.width),
        "attn_k": (kv_width, sizes.width),
        "attn_v": (kv_width, sizes.width),
        "attn_output": (sizes.width, sizes.width),
        "ffn_norm": (sizes.width,),
        "ffn_gate": (sizes.hidden, sizes.width),
        "ffn_up": (sizes.hidden, sizes.width),
        "ffn_down": (sizes.width, sizes.hidden),
    }
    tokens = len(model.fields.get("tokenizer.ggml.tokens", ()))
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (tokens, sizes.width),
        "output_norm.weight": (sizes.width,),
        **{f"blk.{n}.{name}.weight": shape for n in range(sizes.layers) for name, shape in layer.items()},
    }
    if "output.weight" in model.tensors:
        shapes["output.weight"] = (tokens, sizes.width)
    if "rope_freqs.weight" in model.tensors:
        shapes["rope_freqs.weight"] = (sizes.rope_dimensions // 2,)
    return shapes
