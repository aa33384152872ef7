"""Where memory instructions point: functions from register rows to positions (see `memory`, `lds`, `scratch`)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tracker.emulator.bind import Context
from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.instruction import NULL, Instruction, Operand
from tracker.emulator.machine import MACHINE, Rows
from tracker.emulator.memory import BASE
from tracker.emulator.sources import fetch, read

Positions = Callable[[Rows], Any]
"""From rows to an int64 array, shape (waves, lanes), or an int that all lanes share."""

# Cache policy, hints and such: nothing that changes a result here.
_IGNORED = frozenset({"glc", "slc", "dlc", "scc", "nt", "sc0", "sc1", "nv", "th", "scope"})


def check_modifiers(ins: Instruction, known: frozenset[str]) -> None:
    """Refuse modifiers that are neither known here nor mere cache policy."""
    for key in ins.modifiers:
        if key not in known and key not in _IGNORED:
            raise UnknownInstructionError(f"modifier {key}")


def offset_of(ins: Instruction, key: str = "offset") -> int:
    """A modifier's integer; 0 when it is absent."""
    return int(ins.modifiers.get(key, "0"), 0)


def is_nothing(operand: Operand) -> bool:
    """`off` or `null`."""
    return operand.kind == "off" or (operand.kind == "s" and operand.index == NULL)


def global_positions(context: Context, ins: Instruction, address: Operand, base: Operand | None) -> Positions:
    """`v[A:B], off`, `v, s[A:B]` or `v[A:B]` (flat) plus the offset modifier."""
    slots, shift = context.slots, offset_of(ins) - BASE
    if base is None or is_nothing(base):
        get, delta, out = fetch(read(slots, address, "i64", 6)), slots("k", shift, "<i8"), slots("t", 6, "<i8")

        def from_vector(r: Rows) -> Any:
            return np.add(get(r), r[delta], r[out])

        return from_vector
    scalar, vector = fetch(read(slots, base, "i64")), fetch(read(slots, address, "u32"))
    delta, out = slots("k", shift, "<i8"), slots("t", 6, "<i8")

    def from_scalar(r: Rows) -> Any:
        return np.add(scalar(r) + r[delta], vector(r), r[out])

    return from_scalar


def lds_addresses(context: Context, ins: Instruction) -> Positions:
    """The byte addresses in an LDS instruction's address operand, as uint32, without its offset."""
    number = 1 if "load" in ins.name or "_rtn" in ins.name else 0
    return fetch(read(context.slots, ins.operand(number), "u32"))


def scratch_positions(
    context: Context, ins: Instruction, parts: list[Operand], shared: Operand | None, *, signed: bool = True
) -> Positions:
    """The sum of the given operands (`off` counts nothing), the offset modifier, and of `shared` divided by the wave
    size; an int when all are constant."""
    fixed = offset_of(ins)
    gets = []
    for part in parts:
        if part.kind == "int":
            fixed += int(part.value)
        elif not is_nothing(part):
            gets.append(fetch(read(context.slots, part, "i32" if signed else "u32")))
    if shared is not None and shared.kind in ("int", "literal"):
        fixed += int(shared.value) // context.wave
    elif shared is not None and not is_nothing(shared):
        whole, wave = fetch(read(context.slots, shared, "i32")), np.int32(context.wave)
        gets.append(lambda r: whole(r) // wave)
    if not gets:
        return lambda r: fixed

    def positions(r: Rows) -> Any:
        total = np.full((r[MACHINE].waves, r[MACHINE].lanes), fixed, np.int64)
        for get in gets:
            total += get(r)
        return total

    return positions
