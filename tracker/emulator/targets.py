"""How an operation's result reaches its destination.

A destination is the slot that the operation writes into and, unless that slot is the register itself, a commit that
carries the result over: for active lanes or running waves only, into register pairs, halves or mask bits.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.instruction import NULL, Operand
from tracker.emulator.machine import MASK, SCC, WAVES, Rows, Slots
from tracker.emulator.sources import DTYPES

Commit = Callable[[Rows], None]


class Target(NamedTuple):
    """`slot` takes the result, `commit` (if any) carries it to the register.

    For plain rows, `row` is the register's slot and `scalar` tells its kind.
    """

    slot: int
    commit: Commit | None
    row: int = -1
    scalar: bool = False


def scc(slots: Slots, guarded: bool) -> Target:
    """The scalar condition code, of the running waves only when guarded."""
    if not guarded:
        return Target(SCC, None)
    temporary = slots("ts", 9, "?")
    return Target(temporary, _putmask(SCC, WAVES, temporary), SCC, True)


def row(slots: Slots, operand: Operand, kind: str, guard: int | None, position: int) -> Target:
    """A 32-bit vector or scalar register, or a 64-bit scalar pair."""
    dtype = DTYPES[kind]
    scalar = operand.kind == "s"
    if scalar and operand.index == NULL:
        return Target(slots("ts", position, dtype), None)
    letter = "S" if kind[1:] == "64" else operand.kind
    place = slots(letter, operand.index, dtype)
    if guard is None:
        return Target(place, None)
    temporary = slots("ts" if scalar else "t", position, dtype)
    return Target(temporary, _putmask(place, WAVES if scalar else guard, temporary), place, scalar)


def pair(slots: Slots, operand: Operand, kind: str, guard: int | None, position: int) -> Target:
    """Two consecutive vector registers as one 64-bit value."""
    index = 8 + position
    low, high = slots("pl", index, "<u4"), slots("ph", index, "<u4")
    first, second = slots("v", operand.index, "<u4"), slots("v", operand.index + 1, "<u4")
    whole = slots("p", index, DTYPES[kind])
    if guard is None:

        def commit(r: Rows) -> None:
            np.copyto(r[first], r[low])
            np.copyto(r[second], r[high])

        return Target(whole, commit)
    steps = _putmask(first, guard, low), _putmask(second, guard, high)

    def guarded(r: Rows) -> None:
        steps[0](r)
        steps[1](r)

    return Target(whole, guarded)


def half(slots: Slots, operand: Operand, kind: str, guard: int | None, zero_other: bool) -> Target:
    """The low or high half of a vector register; the other half is kept or, on gfx9, zeroed."""
    dtype = DTYPES[kind]
    number = 2 * operand.index + (operand.half or 0)
    place = slots("h", number, dtype)
    if guard is None and not zero_other:
        return Target(place, None)
    temporary = slots("t", 0, dtype)
    other = slots("h", number ^ 1, "<u2")

    def commit(r: Rows) -> None:
        where = True if guard is None else r[guard]
        np.copyto(r[place], r[temporary], where=where)
        if zero_other:
            np.copyto(r[other], 0, where=where)

    return Target(temporary, commit)


def lane_mask(slots: Slots, operand: Operand, wave: int, guard: int | None) -> Target:
    """A lane mask in a scalar register (pair); bits of inactive lanes become 0."""
    if operand.kind != "s":
        raise UnknownInstructionError("a lane mask must go to scalar registers")
    kept = slots("m", operand.index, "?")
    if operand.index == NULL:
        return Target(kept, None)
    low, high = slots("s", operand.index, "<u4"), slots("s", operand.index + 1, "<u4")
    both = slots("S", operand.index, "<u8") if wave == 64 else -1

    def commit(r: Rows) -> None:
        mask = r[kept]
        if guard is not None:
            np.logical_and(mask, r[MASK], mask)
        packed = np.packbits(mask, bitorder="little")
        running = r[WAVES]
        if mask.shape[1] == 64:
            np.putmask(r[both], running, packed.view(np.uint64))
            return
        np.putmask(r[low], running, packed.view(np.uint32))
        if wave == 64:
            np.putmask(r[high], running, 0)

    return Target(kept, commit)


def _putmask(place: int, guard: int, temporary: int) -> Commit:
    putmask: Any = np.putmask

    def commit(r: Rows) -> None:
        putmask(r[place], r[guard], r[temporary])

    return commit
