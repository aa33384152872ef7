"""Input data of a program: random values among which edge values are frequent, no signalling NaN in float buffers."""

from dataclasses import dataclass

import numpy as np

from tests.fuzz.kinds import F16, F32, F64, Array, Kind
from tests.fuzz.source import INPUT_BYTES
from tests.fuzz.tree import Program

_HALVES = [0x0000, 0x8000, 0x3C00, 0xBC00, 0x0001, 0x83FF, 0x0400, 0x7BFF, 0x7C00, 0xFC00, 0x7E00, 0x3800, 0x6400]
_SINGLES = [0, 1 << 31, 0x3F800000, 0xBF800000, 1, 0x807FFFFF, 0x00800000, 0x7F7FFFFF, 0x7F800000, 0xFF800000]
_SINGLES += [0x7FC00000, 0x3F000000, 0x4B000000, 0x4F000000, 0xCF000000, 0x33000000, 0x477FE000]
_DOUBLES = [0, 1 << 63, 0x3FF << 52, 0xBFF << 52, 1, 0x800FFFFFFFFFFFFF, 1 << 52, 0x7FEFFFFFFFFFFFFF, 0x7FF << 52]
_DOUBLES += [0xFFF << 52, 0x7FF8 << 48, 0x3FE << 52, 0x41E << 52, 0x43E << 52]
_EDGES = {16: _HALVES, 32: _SINGLES, 64: _DOUBLES}
_INTEGER_EDGES = [0, 1, 2, 31, 32, 127, 128, 255, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFF]


@dataclass
class Inputs:
    """Buffers by name as arrays, and the five scalar parameters."""

    buffers: dict[str, Array]
    scalars: dict[str, Array]


def _integers(random: np.random.Generator, count: int) -> Array:
    values = random.integers(0, 1 << 32, count, dtype=np.uint32)
    small = random.integers(0, 300, count, dtype=np.uint32)
    edges = random.choice(np.array(_INTEGER_EDGES, np.uint32), count)
    which = random.integers(0, 4, count)
    return np.select([which == 0, which == 1], [edges, small], values)


def _floats(random: np.random.Generator, kind: Kind, count: int) -> Array:
    """A third edges, a third any finite bit pattern, a third ordinary numbers."""
    edges = random.choice(np.array(_EDGES[kind.bits], kind.unsigned), count).view(kind.dtype)
    anything = random.integers(0, 1 << kind.bits, count, dtype=kind.unsigned).view(kind.dtype)
    anything = np.where(np.isfinite(anything), anything, kind.dtype.type(3))
    ordinary = (random.standard_normal(count) * 10.0 ** random.integers(-2, 3, count)).astype(kind.dtype)
    which = random.integers(0, 3, count)
    return np.select([which == 0, which == 1], [edges, anything], ordinary)


def make_inputs(program: Program) -> Inputs:
    """The same data for the same program seed."""
    random = np.random.default_rng(program.seed)
    threads = program.shape.threads * program.shape.grid
    buffers: dict[str, Array] = {
        "bytes": _integers(random, (INPUT_BYTES + 16) // 4),
        "halves": _floats(random, F16, INPUT_BYTES // 2),
        "singles": _floats(random, F32, INPUT_BYTES // 4),
        "doubles": _floats(random, F64, INPUT_BYTES // 8),
        "out": random.integers(0, 256, threads * program.bytes_per_thread, dtype=np.uint8),
        "words": _integers(random, 8 + 8 * program.shape.grid),
        "own32": _integers(random, threads),
        "own64": random.integers(0, 1 << 64, threads, dtype=np.uint64),
    }
    scalars: dict[str, Array] = {
        "p0": _integers(random, 1),
        "p1": _integers(random, 1).view(np.int32),
        "p2": random.integers(0, 1 << 64, 1, dtype=np.uint64),
        "p3": _floats(random, F32, 1),
        "p4": _integers(random, 1).astype(np.uint16),
    }
    return Inputs(buffers, scalars)
