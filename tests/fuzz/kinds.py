"""Value kinds of generated programs: name in C, numpy element type, number of elements."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]


@dataclass(frozen=True)
class Kind:
    """A C type of the prelude. Values of all threads are one array: shape (threads,) or (threads, elements)."""

    name: str
    dtype: np.dtype[np.generic]
    elements: int = 1

    @property
    def size(self) -> int:
        """Bytes of one value in memory."""
        return self.dtype.itemsize * self.elements

    @property
    def bits(self) -> int:
        """Bits of one element."""
        return self.dtype.itemsize * 8

    @property
    def is_float(self) -> bool:
        return self.dtype.kind == "f"

    @property
    def is_signed(self) -> bool:
        return self.dtype.kind == "i"

    @property
    def is_integer(self) -> bool:
        return self.dtype.kind in "iu"

    @property
    def is_vector(self) -> bool:
        return self.elements > 1

    @property
    def element(self) -> "Kind":
        """The scalar kind of the elements."""
        return KINDS[self.name.split("x")[0]]

    @property
    def unsigned(self) -> np.dtype[np.generic]:
        """Unsigned numpy type as wide as one element."""
        return np.dtype(f"u{self.dtype.itemsize}")


def _numpy_name(scalar: str) -> str:
    return f"{scalar[0]}{int(scalar[1:]) // 8}"


def _kind(name: str) -> Kind:
    scalar, _, count = name.partition("x")
    return Kind(name, np.dtype(_numpy_name(scalar)), int(count or 1))


_NAMES = "u8 i8 u16 i16 u32 i32 u64 i64 f16 f32 f64 u16x2 i16x2 f16x2 f32x2 u32x2 u32x4 u8x4 i8x4"

KINDS: dict[str, Kind] = {name: _kind(name) for name in _NAMES.split()}
BOOL = Kind("bool", np.dtype(np.bool_))
U8, I8, U16, I16, U32, I32, U64, I64 = (KINDS[n] for n in ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"])
F16, F32, F64 = (KINDS[n] for n in ["f16", "f32", "f64"])
INTEGERS = (U8, I8, U16, I16, U32, I32, U64, I64)
FLOATS = (F16, F32, F64)
VECTORS = tuple(kind for kind in KINDS.values() if kind.is_vector)
