"""Races in LDS: accesses to a byte by different waves with no barrier between them, at least one of them a write.

Writes of equal values by several waves are no race: no order of them makes a difference. Atomics race with plain
accesses only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.emulator.bytestore import Positions
from tracker.emulator.instruction import Instruction


@dataclass(frozen=True)
class LdsAccess:
    """One instruction's accesses to LDS.

    `at`: byte positions; `waves`: the wave (in the machine) of each, broadcasts against `at`; `values`: what a plain
    write stores, one uint32 array per 4 bytes, else None.
    """

    ins: Instruction
    at: Positions
    waves: NDArray[np.int64]
    size: int
    values: list[Any] | None
    atomic: bool = False

    @property
    def writes(self) -> bool:
        """True for plain writes and atomics."""
        return self.atomic or self.values is not None


@dataclass(frozen=True)
class Race:
    """Two accesses to the same byte `position` of a machine's LDS."""

    position: int
    waves: tuple[int, int]
    instructions: tuple[Instruction, Instruction]


def find_race(accesses: list[LdsAccess], length: int) -> Race | None:
    """A race among accesses to `length` bytes, if there is one."""
    if not any(access.writes for access in accesses):
        return None
    unit = 4 if all(_whole_words(access) for access in accesses) else 1
    units = length // unit + 16
    if _single_owner(accesses, units, unit):
        return None
    bad = _conflicts(accesses, units, unit)
    return _describe(accesses, int(np.argmax(bad)) * unit, unit) if bad.any() else None


def _whole_words(access: LdsAccess) -> bool:
    return access.size >= 4 and not int(np.bitwise_or.reduce(access.at, axis=None)) & 3


def _units(access: LdsAccess, unit: int) -> Iterator[tuple[int, Positions]]:
    first = access.at.reshape(-1) // unit
    for k in range(max(access.size // unit, 1)):
        yield k, first + k


def _flat_waves(access: LdsAccess) -> NDArray[np.int64]:
    return np.broadcast_to(access.waves, access.at.shape).reshape(-1)


def _single_owner(accesses: list[LdsAccess], units: int, unit: int) -> bool:
    """True if no unit is touched by two waves: the common case, cheap to see."""
    owner = np.zeros(units, np.int64)
    for access in accesses:
        for _, index in _units(access, unit):
            owner[index] = _flat_waves(access)
    return all((owner[index] == _flat_waves(access)).all() for access in accesses for _, index in _units(access, unit))


def _conflicts(accesses: list[LdsAccess], units: int, unit: int) -> NDArray[np.bool_]:
    lowest, highest = np.full(units, 1 << 40), np.full(units, -1)
    first_writer, last_writer = lowest.copy(), highest.copy()
    read, written, atomic, differs = (np.zeros(units, bool) for _ in range(4))
    value = np.zeros(units, np.uint32)
    for access in accesses:
        waves = _flat_waves(access)
        for k, index in _units(access, unit):
            np.minimum.at(lowest, index, waves)
            np.maximum.at(highest, index, waves)
            if access.atomic:
                atomic[index] = True
            elif access.values is None:
                read[index] = True
            else:
                np.minimum.at(first_writer, index, waves)
                np.maximum.at(last_writer, index, waves)
                new = _part(access.values, k, unit)
                differs[index[written[index] & (value[index] != new)]] = True
                value[index], written[index] = new, True
                differs[index[value[index] != new]] = True
    shared = lowest != highest
    clash = differs & (first_writer != last_writer)
    bad: NDArray[np.bool_] = clash | (shared & ((written & read) | (atomic & (read | written))))
    return bad


def _part(values: list[Any], number: int, unit: int) -> Any:
    if unit == 4:
        return np.asarray(values[number]).reshape(-1)
    return (np.asarray(values[number // 4]).reshape(-1) >> np.uint32(8 * (number % 4))) & np.uint32(255)


def _describe(accesses: list[LdsAccess], position: int, unit: int) -> Race | None:
    hits: list[tuple[bool, int, Instruction]] = []
    for access in accesses:
        hit = (access.at < position + unit) & (access.at + access.size > position)
        waves = np.broadcast_to(access.waves, access.at.shape)[hit]
        hits += [(access.writes, int(wave), access.ins) for wave in np.unique(waves)]
    hits.sort(key=lambda h: not h[0])
    first = hits[0]
    others = [hit for hit in hits[1:] if hit[1] != first[1]]
    # Prefer a reader: of equal writes none is to blame.
    second = next((hit for hit in others if not hit[0]), others[0])
    return Race(position, (first[1], second[1]), (first[2], second[2]))
