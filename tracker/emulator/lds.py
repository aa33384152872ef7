"""Local data share: one block of bytes per workgroup, with a log of accesses to find races between barriers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.emulator.bytestore import ByteStore, Positions, Words
from tracker.emulator.instruction import Instruction
from tracker.emulator.memory import AccessError
from tracker.emulator.races import LdsAccess, Race, find_race

_FOUR_WRITTEN = 0x01010101
"""Four bytes of the map of written bytes, all set."""


class LocalMemory:
    """LDS of `groups` workgroups of `waves` waves each, `size` bytes per workgroup, noise at first."""

    def __init__(self, groups: int, waves: int, size: int, seed: int) -> None:
        self.groups, self.waves, self.size = groups, waves, size
        self.stride = (size + 15) // 16 * 16
        self.bytes = ByteStore(groups * self.stride)
        self.bytes.bytes[:] = np.random.default_rng(seed).integers(0, 256, self.bytes.bytes.size, np.uint8)
        self._written = np.zeros(groups * self.stride + 64, bool)
        self._all_written = False
        self.checks_written = True
        """Whether reads of never-written bytes are errors."""
        wave = np.arange(groups * waves, dtype=np.int64)[:, None]
        self.wave = wave
        """Number of each wave of the machine, shape (waves, 1)."""
        self.base = wave // waves * self.stride
        """Where each wave's block starts, shape (waves of the machine, 1)."""
        self._log: list[LdsAccess] = []

    def load(self, at: Positions, waves: Any, size: int, ins: Instruction) -> Words:
        """Checked load. `at` includes the base; `waves` tells whose each position is. Raises AccessError."""
        if self.checks_written and not self._all_written:
            self._check_written(at, size)
        self._note(LdsAccess(ins, at, waves, size, None))
        return self.bytes.load(at, size)

    def store(self, at: Positions, waves: Any, size: int, values: list[Any], ins: Instruction) -> None:
        """Store. Writes of different values by different waves to one byte show up as a race at the next barrier."""
        if self.waves > 1:
            self._note(LdsAccess(ins, at, waves, size, [value.copy() for value in values]))
        self.bytes.store(at, size, values)
        self._mark(at, size)

    def update(self, at: Positions, waves: Any, size: int, ins: Instruction) -> Words:
        """Note an atomic read-modify-write on `bytes`, to be done by the caller. Raises AccessError."""
        if self.checks_written and not self._all_written:
            self._check_written(at, size)
        self._note(LdsAccess(ins, at, waves, size, None, atomic=True))
        return []

    def barrier(self, groups: NDArray[np.bool_] | None) -> Race | None:
        """Forget the log of the given workgroups (None: all); return a race among their accesses, if any."""
        entries = self._log
        if groups is not None and not groups.all():
            entries, self._log = self._split(groups)
        else:
            self._log = []
        if any(entry.writes for entry in entries):
            self._all_written = bool(self._written[: self.groups * self.stride].all())
        return find_race(entries, self.groups * self.stride)

    def reset(self) -> None:
        """Make the LDS ready for another set of workgroups: everything counts as never written."""
        self._log = []
        self._written[:] = False
        self._all_written = False

    def _note(self, access: LdsAccess) -> None:
        if self.waves > 1:
            self._log.append(access)

    def _mark(self, at: Positions, size: int) -> None:
        if self._all_written:
            return
        if size >= 4 and not int(np.bitwise_or.reduce(at, axis=None)) & 3:
            words = self._written.view(np.uint32)
            for k in range(size // 4):
                words[k:][at >> 2] = _FOUR_WRITTEN
            return
        for k in range(size):
            self._written[at + k] = True

    def _check_written(self, at: Positions, size: int) -> None:
        if size >= 4 and not int(np.bitwise_or.reduce(at, axis=None)) & 3:
            words, index = self._written.view(np.uint32), at >> 2
            if all(int(np.minimum.reduce(words[k:].take(index), axis=None)) == _FOUR_WRITTEN for k in range(size // 4)):
                return
        for k in range(size):
            good = self._written.take(at + k)
            if not good.all():
                element = int(np.argmin(good))
                offset = int(at.flat[element]) % self.stride + k
                raise AccessError(
                    element, "uninitialised read", f"1 byte at offset {offset} of LDS, which nothing has written"
                )

    def _split(self, groups: NDArray[np.bool_]) -> tuple[list[LdsAccess], list[LdsAccess]]:
        leaving: list[LdsAccess] = []
        staying: list[LdsAccess] = []
        for entry in self._log:
            chosen = groups[entry.at // self.stride]
            for part, target in ((chosen, leaving), (~chosen, staying)):
                if part.any():
                    target.append(_restricted(entry, part))
        return leaving, staying


def _restricted(access: LdsAccess, part: NDArray[np.bool_]) -> LdsAccess:
    waves = np.broadcast_to(access.waves, access.at.shape)[part]
    values = None if access.values is None else [np.asarray(value)[part] for value in access.values]
    return LdsAccess(access.ins, access.at[part], waves, access.size, values, access.atomic)
