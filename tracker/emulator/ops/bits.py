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
