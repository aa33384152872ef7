"""GGML's own quantizers and decoders in C, from ggml-python's library. Optional: building that takes minutes."""

import ctypes
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kernels.contracts.formats import block_format

Bytes = NDArray[np.uint8]
Singles = NDArray[np.float32]


@cache
def _library() -> ctypes.CDLL:
    import ggml

    return ctypes.CDLL(str(Path(ggml.__file__).parent / "lib" / "libggml-base.so"))


def quantize(kind: str, values: Singles) -> Bytes:
    """Rows of floats, shape (rows, columns), as GGML's reference quantizer packs them; shape (rows, bytes a row)."""
    values = np.ascontiguousarray(values, np.float32)
    packed = np.zeros((len(values), block_format(kind).size(values.shape[1])), np.uint8)
    _call(f"quantize_row_{kind}_ref", values, packed, values.size)
    return packed


def decode(kind: str, packed: Bytes) -> Singles:
    """Packed bytes as floats, one-dimensional."""
    packed = np.ascontiguousarray(packed)
    form = block_format(kind)
    values = np.zeros(packed.size // form.bytes * form.elements, np.float32)
    _call(f"dequantize_row_{kind}", packed, values, values.size)
    return values


def _call(name: str, source: NDArray[np.generic], target: NDArray[np.generic], elements: int) -> None:
    pointers = (ctypes.c_void_p(array.ctypes.data) for array in (source, target))
    _library()[name](*pointers, ctypes.c_int64(elements))
