"""The register file of a group of waves that run together, as arrays.

Every register is one array over all lanes, shape (waves, lanes); every scalar register one over all waves, shape
(waves, 1), so that the two broadcast. Decoded operations do not hold arrays but numbers of *slots*: positions in
`Machine.rows`, a plain list that holds an array view per register, type and constant that the kernel's code uses. So
code is decoded once per kernel and runs on any number of waves.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.emulator.instruction import ACCUMULATORS, EXEC, SCALARS

Rows = list[Any]
"""Array views by slot; slot 0 holds the machine itself."""

MACHINE, MASK, WAVES, SCC = 0, 1, 2, 3
"""Slots that every machine has: itself, active lanes (bool), running waves (bool), the scalar condition code (bool)."""


class UpperHalfNeededError(Exception):
    """A machine of 32 lanes stands for waves of 64, and the upper half has become active or is addressed."""


class Slot(NamedTuple):
    """What a position in `Machine.rows` holds.

    `kind`: `v` vector register; `h` its low or high half (number = 2 * register + half); `q` one of its
    bytes (number = 4 * register + byte); `s` scalar register; `sh` its
    half; `S` pair of scalar registers as 64 bits; `k` constant (number = bits); `t`, `ts` lane and wave temporaries;
    `p`, `pl`, `ph` 64-bit lane temporary, its low and its high words; `m` lane mask in bool kept for scalar register
    number; `b` the bytes of a scalar register (pair) that lane masks are unpacked from.
    """

    kind: str
    number: int
    dtype: str


class Slots:
    """Numbers the slots that decoded code uses, of all kernels that share it."""

    def __init__(self) -> None:
        self.specs: list[Slot] = [Slot("", 0, "")] * (SCC + 1)
        self.used: list[int] = []
        """Numbers asked for since somebody last emptied this list."""
        self._numbers: dict[tuple[str, int, str], int] = {}

    def __call__(self, kind: str, index: int, dtype: str) -> int:
        """The number of a slot, the same for the same arguments."""
        key = kind, index, dtype
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.specs)
            self.specs.append(Slot(kind, index, dtype))
        self.used.append(number)
        return number


def constant(bits: int, dtype: str) -> NDArray[Any]:
    """A read-only 0-d array with the given bits (masked to the type's width)."""
    size = np.dtype(dtype).itemsize
    array = np.frombuffer((bits & ((1 << 8 * size) - 1)).to_bytes(size, "little"), dtype)
    return array.reshape(())


class Machine:
    """Registers of `waves` waves. `lanes` is 32 or 64; the hardware's wave may be wider (`wave`), see `launch`."""

    def __init__(self, waves: int, lanes: int, wave: int, seed: int) -> None:
        self.waves, self.lanes, self.wave = waves, lanes, wave
        self._noise = np.random.default_rng(seed)
        self.scalars = self._noise.integers(0, 1 << 32, (SCALARS // 2, waves, 2), np.uint32)
        self._vectors: dict[int, NDArray[np.uint32]] = {}
        self._pairs: dict[int, NDArray[np.uint64]] = {}
        everybody = np.ones((waves, 1), bool)
        self.rows: Rows = [self, np.ones((waves, lanes), bool), everybody, np.zeros((waves, 1), bool)]
        self.exec = self.scalars[EXEC // 2].view(np.uint64)
        self._provided = 0
        self.active = 0
        """Number of active lanes in the running waves."""

    def materialise(self, slots: Slots, needed: list[int]) -> None:
        """Provide the slots that decoding has added to those needed since the last call."""
        rows, specs = self.rows, slots.specs
        rows += [None] * (len(specs) - len(rows))
        for number in needed[self._provided :]:
            kind, index, dtype = specs[number]
            rows[number] = getattr(self, "_slot_" + kind)(index, dtype)
        self._provided = len(needed)

    def vector(self, index: int) -> NDArray[np.uint32]:
        """A vector register, shape (waves, lanes); noise until it is written."""
        row = self._vectors.get(index)
        if row is None:
            row = self._noise.integers(0, 1 << 32, (self.waves, self.lanes), np.uint32)
            self._vectors[index] = row
        return row

    def scalar(self, index: int) -> NDArray[np.uint32]:
        """A scalar register, shape (waves, 1)."""
        row: NDArray[np.uint32] = self.scalars[index >> 1][:, index & 1 : (index & 1) + 1]
        return row

    def update_mask(self, everybody: bool) -> bool:
        """Take EXEC over into the lane mask after it or the set of running waves changed.

        `everybody`: all waves run. True if all lanes of all waves do.
        """
        running = self.exec if self.lanes == 64 else self.scalar(EXEC)
        if self.lanes < self.wave and np.count_nonzero(self.scalar(EXEC + 1)):
            raise UpperHalfNeededError
        if not everybody:
            running = running * self.rows[WAVES]
        self.active = int(np.add.reduce(np.bitwise_count(running), axis=None, dtype=np.int64))
        full = self.active == self.waves * self.lanes
        if not full:
            raw = np.ascontiguousarray(running).view(np.uint8).reshape(-1)
            bits = np.unpackbits(raw, bitorder="little")
            self.rows[MASK] = bits.view(bool).reshape(self.waves, self.lanes)
        return full

    def _slot_v(self, index: int, dtype: str) -> Any:
        return self.vector(index).view(dtype)

    def _slot_h(self, index: int, dtype: str) -> Any:
        return self.vector(index >> 1).view(dtype)[:, index & 1 :: 2]

    def _slot_q(self, index: int, dtype: str) -> Any:
        return self.vector(index >> 2).view(dtype)[:, index & 3 :: 4]

    def _slot_s(self, index: int, dtype: str) -> Any:
        return self.scalar(index).view(dtype)

    def _slot_sh(self, index: int, dtype: str) -> Any:
        halves = self.scalars[index >> 2].view(dtype)
        return halves[:, index & 3 : (index & 3) + 1]

    def _slot_S(self, index: int, dtype: str) -> Any:
        return self.scalars[index >> 1].view(dtype)

    def _slot_k(self, index: int, dtype: str) -> Any:
        return constant(index, dtype)

    def _slot_t(self, _index: int, dtype: str) -> Any:
        return np.zeros((self.waves, self.lanes), dtype)

    def _slot_ts(self, _index: int, dtype: str) -> Any:
        return np.zeros((self.waves, 1), dtype)

    def _pair(self, index: int) -> NDArray[np.uint64]:
        return self._pairs.setdefault(index, np.zeros((self.waves, self.lanes), np.uint64))

    def _slot_p(self, index: int, dtype: str) -> Any:
        return self._pair(index).view(dtype)

    def _slot_pl(self, index: int, dtype: str) -> Any:
        return self._pair(index).view(dtype)[:, 0::2]

    def _slot_ph(self, index: int, dtype: str) -> Any:
        return self._pair(index).view(dtype)[:, 1::2]

    def _slot_m(self, _index: int, _dtype: str) -> Any:
        return np.zeros((self.waves, self.lanes), bool)

    def _slot_b(self, index: int, _dtype: str) -> Any:
        first = 4 * (index & 1)
        return self.scalars[index >> 1].view(np.uint8)[:, first : first + self.lanes // 8]


__all__ = ["ACCUMULATORS", "MACHINE", "MASK", "SCC", "WAVES", "Machine", "Rows", "Slot", "Slots", "constant"]
