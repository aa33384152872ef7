"""Local data share: one block of bytes per workgroup, with a log of accesses to find races between barriers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.emulator.bytestore import ByteStore, Positions, Words
from tracker.emulator.instruction import Instruction
from tracker.emulator.memory import AccessError

_LOG_LIMIT = 512


@dataclass(frozen=True)
class _Access:
    ins: Instruction
    at: Positions
    waves: NDArray[np.int64]
    """Wave (in the machine) of each position; broadcasts against `at`."""
    size: int
    writes: bool
    atomic: bool


@dataclass(frozen=True)
class Race:
    """Two accesses to the same byte of a workgroup's LDS between two barriers."""

    workgroup: int
    offset: int
    waves: tuple[int, int]
    instructions: tuple[Instruction, Instruction]


class LocalMemory:
    """LDS of `groups` workgroups of `waves` waves each, `size` bytes per workgroup, noise at first."""

    def __init__(self, groups: int, waves: int, size: int, seed: int) -> None:
        self.groups, self.waves, self.size = groups, waves, size
        self.stride = (size + 15) // 16 * 16
        self._store = ByteStore(groups * self.stride)
        self._store.bytes[:] = np.random.default_rng(seed).integers(0, 256, self._store.bytes.size, np.uint8)
        self._written = np.zeros(groups * self.stride + 64, bool)
        self._all_written = False
        wave = np.arange(groups * waves, dtype=np.int64)[:, None]
        self.wave = wave
        """Number of each wave of the machine, shape (waves, 1)."""
        self.base = wave // waves * self.stride
        """Where each wave's block starts, shape (waves of the machine, 1)."""
        self._log: list[_Access] = []

    def load(self, at: Positions, waves: Any, size: int, ins: Instruction) -> Words:
        """Checked load. `at` includes the base; `waves` tells whose each position is. Raises AccessError."""
        if not self._all_written:
            self._check_written(at, size)
        self._note(_Access(ins, at, waves, size, False, False))
        return self._store.load(at, size)

    def store(self, at: Positions, waves: Any, size: int, values: list[Any], ins: Instruction) -> None:
        """Store. Writes by different waves to one byte show up as a race at the next barrier."""
        self._note(_Access(ins, at, waves, size, True, False))
        self._store.store(at, size, values)
        self._mark(at, size)

    def update(self, at: Positions, waves: Any, size: int, ins: Instruction) -> ByteStore:
        """Note an atomic read-modify-write and return the bytes to do it on. Raises AccessError."""
        if not self._all_written:
            self._check_written(at, size)
        self._note(_Access(ins, at, waves, size, True, True))
        return self._store

    def barrier(self, groups: NDArray[np.bool_] | None) -> Race | None:
        """Forget the log of the given workgroups (None: all); return a race among their accesses, if any."""
        entries = self._log
        if groups is not None and not groups.all():
            entries, self._log = self._split(groups)
        else:
            self._log = []
        if not any(entry.writes for entry in entries):
            return None
        self._all_written = bool(self._written[: self.groups * self.stride].all())
        return self._race(entries)

    def reset(self) -> None:
        """Make the LDS ready for another set of workgroups: everything counts as never written."""
        self._log = []
        self._written[:] = False
        self._all_written = False

    def _note(self, access: _Access) -> None:
        if self.waves > 1:
            self._log.append(access)

    def _mark(self, at: Positions, size: int) -> None:
        if self._all_written:
            return
        if size >= 4 and not int(np.bitwise_or.reduce(at, axis=None)) & 3:
            words = self._written.view(np.uint32)
            for k in range(size // 4):
                words[(at >> 2) + k] = 0x01010101
            return
        for k in range(size):
            self._written[at + k] = True

    def _check_written(self, at: Positions, size: int) -> None:
        if size >= 4 and not int(np.bitwise_or.reduce(at, axis=None)) & 3:
            words, index = self._written.view(np.uint32), at >> 2
            if all((words.take(index + k) == 0x01010101).all() for k in range(size // 4)):
                return
        for k in range(size):
            good = self._written.take(at + k)
            if not good.all():
                element = int(np.argmin(good))
                offset = int(at.flat[element]) % self.stride + k
                raise AccessError(
                    element, "uninitialised read", f"1 byte at offset {offset} of LDS, which nothing has written"
                )

    def _split(self, groups: NDArray[np.bool_]) -> tuple[list[_Access], list[_Access]]:
        leaving: list[_Access] = []
        staying: list[_Access] = []
        for entry in self._log:
            chosen = groups[entry.at // self.stride]
            waves = np.broadcast_to(entry.waves, entry.at.shape)
            for part, target in ((chosen, leaving), (~chosen, staying)):
                if part.any():
                    target.append(
                        _Access(entry.ins, entry.at[part], waves[part], entry.size, entry.writes, entry.atomic)
                    )
        return leaving, staying

    def _race(self, entries: list[_Access]) -> Race | None:
        unit = 1 if any(entry.size < 4 or entry.at.size and entry.at.flat[0] & 3 for entry in entries) else 4
        length = self.groups * self.stride // unit + 16
        touched = np.zeros(length, np.uint8)
        written, plain, atomic = (np.zeros(length, bool) for _ in range(3))
        for wave in range(self.waves):
            mine = np.zeros(length, bool)
            for entry in entries:
                index = entry.at[np.broadcast_to(entry.waves % self.waves == wave, entry.at.shape)] // unit
                for k in range(max(entry.size // unit, 1)):
                    where = index + k
                    mine[where] = True
                    (atomic if entry.atomic else plain)[where] = True
                    if entry.writes and not entry.atomic:
                        written[where] = True
            touched += mine
        bad = (touched >= 2) & (written | (atomic & plain))
        if not bad.any():
            return None
        return self._describe(entries, int(np.argmax(bad)) * unit, unit)

    def _describe(self, entries: list[_Access], position: int, unit: int) -> Race | None:
        hits: list[tuple[bool, int, Instruction]] = []
        for entry in entries:
            hit = (entry.at < position + unit) & (entry.at + entry.size > position)
            waves = np.broadcast_to(entry.waves, entry.at.shape)[hit]
            hits += [(entry.writes, int(wave), entry.ins) for wave in np.unique(waves)]
        hits.sort(key=lambda h: not h[0])
        first = hits[0]
        second = next((h for h in hits[1:] if h[1] != first[1]), None)
        if second is None:
            return None
        group = position // self.stride
        return Race(group, position % self.stride, (first[1], second[1]), (first[2], second[2]))
