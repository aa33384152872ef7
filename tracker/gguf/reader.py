"""Reads a GGUF file through the package `gguf`, and refuses what is truncated or corrupt, naming the tensor."""

from dataclasses import dataclass
from hashlib import file_digest
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import DTypeLike, NDArray

from kernels.contracts.formats import Bytes, block_format, quantized
from kernels.names import ggml_type
from tracker.errors import UsageError

REMEDY = "download or write the file again"


@dataclass(frozen=True)
class Tensor:
    """One tensor. `shape` is outermost first (rows, columns); `data` its packed bytes, one-dimensional."""

    name: str
    kind: str
    """GGML's type as kernels spell it: q4_0, q6_K, f32, bf16."""
    shape: tuple[int, ...]
    data: Bytes

    @property
    def columns(self) -> int:
        """Elements of a row."""
        return self.shape[-1]

    @property
    def rows(self) -> int:
        """Rows, those of all experts together."""
        return prod(self.shape[:-1])

    def blocks(self) -> Bytes:
        """The packed blocks of a quantized tensor, shape (rows, blocks a row, bytes a block)."""
        return self.data.reshape(self.rows, -1, block_format(self.kind).bytes)


@dataclass(frozen=True)
class Model:
    """A model file: metadata by key, tensors by name in the file's order."""

    path: Path
    fields: dict[str, Any]
    tensors: dict[str, Tensor]


class _Cut(Exception):
    """Something that the file should hold lies behind its end."""


class _Reader(gguf.GGUFReader):
    """The package's reader, which by itself would hand out what lies behind the end of the file as nothing."""

    def _get(self, offset: int, dtype: DTypeLike, count: int = 1, override_order: Any = None) -> NDArray[Any]:
        end = int(offset) + np.dtype(dtype).itemsize * int(count)
        if end > self.data.size:
            raise _Cut(f"its header needs byte {end}, the file has {self.data.size} bytes")
        found: NDArray[Any] = super()._get(offset, dtype, count, override_order)
        return found

    def _build_tensors(self, start_offs: int, fields: list[Any]) -> None:
        ends: dict[str, tuple[int, int]] = {}
        for field in fields:
            name, begin, size = _extent(field, self.alignment)
            if name in ends:
                raise ValueError(f"there are two tensors {name}")
            ends[name] = (int(start_offs) + begin, int(start_offs) + begin + size)
            if ends[name][1] > self.data.size:
                raise _Cut(f"tensor {name} ends at byte {ends[name][1]}, the file at byte {self.data.size}")
        _apart(ends)
        super()._build_tensors(start_offs, fields)


def read(path: Path) -> Model:
    """Read a model's metadata; tensors are mapped, not loaded.

    Raises UsageError when the file is not GGUF, or its header or a tensor's place in it is impossible.
    """
    try:
        reader = _Reader(path)
        fields = {name: field.contents() for name, field in reader.fields.items()}
        tensors = {tensor.name: _tensor(tensor) for tensor in reader.tensors}
    except _Cut as cut:
        raise UsageError(f"{path} is truncated: {cut}", REMEDY) from cut
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "name a GGUF file") from error
    except (ValueError, KeyError, IndexError, OverflowError, TypeError, MemoryError) as error:
        raise UsageError(f"{path} is no GGUF file that can be read: {_sentence(error)}", REMEDY) from error
    if reader.byte_order != "I":
        raise UsageError(f"{path} is a big-endian GGUF file", "use a little-endian one")
    return Model(path, fields, tensors)


def sha256(path: Path) -> str:
    """The file's hash: what evidence about its tensors names it by."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def check_values(model: Model, tensor: Tensor) -> None:
    """Raise UsageError naming the tensor where a block's scale is not a finite number: no quantizer writes that."""
    form = block_format(tensor.kind)
    blocks = tensor.blocks()
    for names, dtype in ((form.halves, "<f2"), (form.floats, "<f4")):
        for name in names:
            offset, size = form.fields[name]
            values = np.ascontiguousarray(blocks[:, :, offset : offset + size]).view(dtype)
            if not np.isfinite(values).all():
                row, block, _ = (int(index) for index in np.argwhere(~np.isfinite(values))[0])
                where = f"tensor {tensor.name}, row {row}, block {block}"
                raise UsageError(f"{model.path} is corrupt: {where}: {name} is {values[row, block, 0]}", REMEDY)


def _sentence(error: Exception) -> str:
    return str(error.args[0]) if error.args else type(error).__name__


def _kind(number: int) -> str:
    return ggml_type(gguf.GGMLQuantizationType(number).name.lower())


def _extent(field: Any, alignment: int) -> tuple[str, int, int]:
    """(name, first byte in the data section, bytes) of a tensor. Raises ValueError when they make no sense."""
    _, raw_name, _, raw_dims, raw_kind, raw_offset = field.parts
    name = bytes(raw_name).decode(errors="replace")
    dims, offset = [int(size) for size in raw_dims], int(raw_offset[0])
    try:
        elements, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType(int(raw_kind[0]))]
    except ValueError as error:
        raise ValueError(f"tensor {name} is of the unknown type {int(raw_kind[0])}") from error
    if not dims or not all(dims):
        raise ValueError(f"tensor {name} has the shape {dims}")
    if dims[0] % elements:
        raise ValueError(f"tensor {name} has rows of {dims[0]} elements, which do not fill blocks of {elements}")
    if offset % alignment:
        raise ValueError(f"tensor {name} begins at byte {offset} of the data, no multiple of {alignment}")
    return name, offset, prod(dims) // elements * size


def _apart(ends: dict[str, tuple[int, int]]) -> None:
    """Raise ValueError when two tensors share bytes."""
    in_order = sorted(ends.items(), key=lambda item: item[1])
    for (first, (_, end)), (second, (begin, _)) in pairwise(in_order):
        if begin < end:
            raise ValueError(f"tensors {first} and {second} overlap")


def _tensor(found: Any) -> Tensor:
    shape = tuple(int(size) for size in reversed(found.shape))
    return Tensor(found.name, _kind(found.tensor_type), shape, found.data.reshape(-1).view(np.uint8))


def matrices(model: Model) -> list[Tensor]:
    """The quantized tensors that are matrices, or stacks of them."""
    return [tensor for tensor in model.tensors.values() if quantized(tensor.kind) and len(tensor.shape) > 1]
