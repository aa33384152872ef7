"""A kernel launch as plain data: what contracts produce and devices execute."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Dim = tuple[int, int, int]


@dataclass(frozen=True)
class Buffer:
    """Global memory handed to a kernel.

    `data` is a one-dimensional uint8 array, the content before the launch. An `out` buffer's content is poison: a
    device that can tell (the emulator) reports reads of bytes of it that the kernel has not written.

    It starts at an address that is a multiple of 256, or `skew` bytes behind one.
    """

    name: str
    data: NDArray[np.uint8]
    role: Literal["in", "out"]
    skew: int = 0


@dataclass(frozen=True)
class Scalar:
    """A by-value argument, already encoded little-endian in its C size (`int` 4 bytes, `int64`/`size_t` 8)."""

    name: str
    data: bytes


Argument = Buffer | Scalar


@dataclass(frozen=True)
class Launch:
    """grid counts workgroups, block counts work-items, both x, y, z."""

    symbol: str
    grid: Dim
    block: Dim
    arguments: tuple[Argument, ...]
    dynamic_lds: int = 0
    noise: int = 0
    """Seed of what stands in registers, LDS and scratch beforehand, where a device can choose that."""
