"""Bit manipulation that numpy lacks. All functions take and return unsigned integer arrays."""

from typing import Any

import numpy as np


def reverse(a: Any) -> Any:
    """Reverse the order of the bits of each 32- or 64-bit element."""
    kind = a.dtype.type
    for shift, mask in ((1, 0x55), (2, 0x33), (4, 0x0F)):
        pattern = kind(int.from_bytes(bytes([mask]) * a.itemsize, "little"))
        a = ((a >> kind(shift)) & pattern) | ((a & pattern) << kind(shift))
    return np.asarray(a).byteswap()


def smear(a: Any) -> Any:
    """Set every bit below the highest set one."""
    for shift in (1, 2, 4, 8, 16, 32)[: 5 if a.itemsize == 4 else 6]:
        a = a | (a >> a.dtype.type(shift))
    return a


def leading_zeros(a: Any) -> Any:
    """Number of zero bits above the highest set one; the width for 0."""
    return (8 * a.itemsize - np.bitwise_count(smear(a))).astype(np.uint32)


def trailing_zeros(a: Any) -> Any:
    """Number of zero bits below the lowest set one; the width for 0."""
    return np.bitwise_count(~a & (a - a.dtype.type(1))).astype(np.uint32)


def field_mask(width: Any) -> Any:
    """The number with `width` low bits set, as uint32; width is 0 to 31."""
    return (np.uint32(1) << width) - np.uint32(1)


def extract(a: Any, offset: Any, width: Any, out: Any) -> None:
    """Unsigned bit field: (a >> offset) & (2**width - 1)."""
    np.bitwise_and(a >> offset, field_mask(width), out)


def extract_signed(a: Any, offset: Any, width: Any, out: Any) -> None:
    """Bit field sign extended from its top bit; 0 for width 0. `a` and `out` are int32, offset and width uint32."""
    value = np.right_shift(a, np.asarray(offset).view(np.int32))
    up = np.asarray(np.uint32(32) - width).view(np.int32)
    # A shift by 32 (width 0) gives 0 in numpy.
    np.right_shift(np.left_shift(value, up), up, out)
