"""Races in global memory: a wave uses what another has written, and nothing puts one of the two before the other.

Waves of one workgroup are in order across a barrier, waves of different workgroups never. A kernel with atomics may
make an order of its own, so from its first atomic on nothing is said. Stores of equal values are no race. Whole words
and smaller units are told apart: where one wave writes bytes of another's word, that goes unnoticed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.emulator.bytestore import Positions, Words

Ticket = NDArray[np.uint64]
"""Who accesses, per element: the wave's number in the launch, counted from 1, above how many barriers it has passed."""

_WAVE = np.uint64(32)
_BARRIERS = np.uint64(0xFFFFFFFF)


def tickets(first: int, count: int) -> Ticket:
    """The tickets of `count` waves from number `first` on at their start, shape (count, 1)."""
    return (np.arange(first + 1, first + count + 1, dtype=np.uint64) << _WAVE)[:, None]


class Owners:
    """Which wave wrote each unit of `size` bytes last. Methods return which element is part of a race, if one is."""

    def __init__(self, size: int, group_waves: int) -> None:
        self._words, self._bytes = np.zeros(size // 4 + 16, np.uint64), np.zeros(size + 16, np.uint64)
        self._group_waves = np.uint64(group_waves)
        self._stored = self._ordered = False

    def order(self) -> None:
        """An atomic was executed."""
        self._ordered = True

    def loading(self, at: Positions, size: int, by: Ticket) -> int | None:
        """Waves are about to load."""
        if self._ordered or not self._stored:
            return None
        return _first(self._foreign(at, size, by))

    def storing(self, at: Positions, size: int, values: Words, by: Ticket, load: Callable[..., Words]) -> int | None:
        """Waves are about to store. `load` gives what stands there."""
        if self._ordered or not self._stored:
            return None
        foreign = self._foreign(at, size, by)
        return _first(foreign & _differs(load(at, size), values, size)) if foreign.any() else None

    def stored(self, at: Positions, size: int, values: Words, by: Ticket, load: Callable[..., Words]) -> int | None:
        """Waves have stored."""
        if self._ordered:
            return None
        self._stored = True
        by = np.broadcast_to(by, at.shape)
        for owner, index in self._units(at, size):
            owner[index] = by
        foreign = self._foreign(at, size, by)
        return _first(foreign & _differs(load(at, size), values, size)) if foreign.any() else None

    def _units(self, at: Positions, size: int) -> list[tuple[Ticket, Positions]]:
        if size >= 4 and not int(np.bitwise_or.reduce(at, axis=None)) & 3:
            return [(self._words, (at >> 2) + k) for k in range(size // 4)]
        return [(self._bytes, at + k) for k in range(size)]

    def _foreign(self, at: Positions, size: int, by: Ticket) -> NDArray[np.bool_]:
        """Which elements touch what another wave wrote without a barrier since."""
        found = np.zeros(at.shape, np.bool_)
        wave = by >> _WAVE
        for owner, index in self._units(at, size):
            there = owner.take(index)
            other = (there != 0) & (there >> _WAVE != wave)
            if other.any():
                group = (np.maximum(there >> _WAVE, 1) - np.uint64(1)) // self._group_waves
                before = (group == (wave - np.uint64(1)) // self._group_waves) & (there & _BARRIERS < by & _BARRIERS)
                found |= other & ~before
        return found


def _differs(there: Words, values: list[Any], size: int) -> Any:
    mask = np.uint32((1 << 8 * min(size, 4)) - 1)
    return np.logical_or.reduce([held != value & mask for held, value in zip(there, values, strict=True)])


def _first(found: NDArray[np.bool_]) -> int | None:
    return int(np.argmax(found)) if found.any() else None
