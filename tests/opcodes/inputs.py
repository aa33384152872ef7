"""Source values: 64 bits per lane and source, edge values of the operand type in one half of the lanes."""

import random
from functools import cache

from tests.opcodes.kernels import THREADS
from tests.opcodes.numbers import encode

_INTEGERS = [0, 1, 2, 3, 5, 15, 16, 31, 32, 33, 63, 64, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFF, 0x800000]
_INTEGERS += [0xFFFFFF, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF, 0x80FF7F01, 0x0C0D0807, 0x7FFF8000]
_INTEGERS += [0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF, 0x100000000, 0xFFFFFFFF00000000]
_HALVES = [0x0000, 0x8000, 0x3C00, 0xBC00, 0x0001, 0x8001, 0x03FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00]
_HALVES += [0x3800, 0xB800, 0x3BFF, 0x4000, 0x4200, 0x6400, 0x7800, 0x1400, 0x3555, 0xC248, 0x3E00, 0x63FF]
_SINGLES = [0, 1 << 31, 0x3F800000, 0xBF800000, 1, 0x80000001, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF]
_SINGLES += [0x7F800000, 0xFF800000, 0x7FC00000, 0x3F000000, 0xBF000000, 0x3F7FFFFF, 0x3F800001, 0x40400000, 0x4B000001]
_SINGLES += [0x4F000000, 0xCF000000, 0x4EFFFFFF, 0x4F800000, 0x33000000, 0x33000001, 0x477FE000, 0x477FF000, 0x38800000]
_SINGLES += [0x34000000, 0x3EAAAAAB, 0x40490FDB, 0xC2F60000, 0x3FC00000, 0x40200000, 0x4B400000]
_DOUBLES = [0, 1 << 63, 0x3FF << 52, 0xBFF << 52, 1, 0x800FFFFFFFFFFFFF, 1 << 52, 0x7FEFFFFFFFFFFFFF, 0x7FF << 52]
_DOUBLES += [0xFFF << 52, 0x7FF8 << 48, 0x3FE << 52, 0xBFE << 52, 0x3FF0000000000001, 0x41DFFFFFFFC00000, 0x41E << 52]
_DOUBLES += [0x41EFFFFFFFE00000, 0xC1E << 52, 0x47EFFFFFE0000000, 0x47EFFFFFF0000000, 0x36A << 52, 0x3690000000000001]
_DOUBLES += [0x4008 << 48, 0x3FD5555555555555, 0x433 << 52, 0x3FF8 << 48, 0x4004 << 48]

_EDGES = {"f16": _HALVES, "f32": _SINGLES, "f64": _DOUBLES}


def _quiet(bits: int, kind: str) -> int:
    """No NaNs from random bits: signalling ones are a matter of their own."""
    exponent = {"f16": 0x7C00, "f32": 0x7F800000, "f64": 0x7FF << 52}[kind]
    return bits ^ (exponent & -exponent) if bits & exponent == exponent else bits


def _value(kind: str, source: random.Random, edge: bool, *, top: bool = False) -> int:
    """64 bits; a 16-bit type has one value in each half of the low word."""
    if kind.startswith("pk:"):
        size = int(kind[4:])
        low, high = (_value(kind[3:], source, edge, top=True) for _ in range(2))
        return low & ((1 << size) - 1) | (high & ((1 << size) - 1)) << size
    if kind not in _EDGES:
        return source.choice(_INTEGERS) if edge else source.getrandbits(64)
    size = int(kind[1:])
    if size == 16 and not top:
        return _value(kind, source, edge, top=True) << 16 | _value(kind, source, edge, top=True) & 0xFFFF
    bits = source.choice(_EDGES[kind]) if edge else _quiet(source.getrandbits(size), kind)
    if not edge and source.random() < 0.5:
        bits = _ordinary(kind, source)
    return bits if size == 64 or top else bits | source.getrandbits(32) << 32


def _ordinary(kind: str, source: random.Random) -> int:
    """A number of everyday size."""
    return encode(source.gauss(0, 1) * 10.0 ** source.randint(-2, 3), kind)


@cache
def values(kinds: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Per lane one value per kind. Lanes 0 to 127 have edge values in all sources, the others in a random choice."""
    source = random.Random(" ".join(kinds))
    lanes = []
    for lane in range(THREADS):
        lanes.append(tuple(_value(kind, source, lane < THREADS // 2 or source.random() < 0.4) for kind in kinds))
    return tuple(lanes)
