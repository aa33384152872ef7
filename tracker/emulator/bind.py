"""Turns an operation and an instruction's operands into one function of the register rows."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from threading import RLock
from typing import Any

import numpy as np

from tracker.emulator import sources, targets
from tracker.emulator.arch import Arch
from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.floatmode import FloatMode
from tracker.emulator.instruction import EXEC, VCC, Instruction, Operand, operand
from tracker.emulator.machine import SCC, WAVES, Rows, Slots
from tracker.emulator.operation import Operation
from tracker.emulator.sources import Getter, Read, fetch

Step = Callable[[Rows], None]

_VCC = Operand("s", VCC, 2)
_EXEC = Operand("s", EXEC, 2)


@dataclass(frozen=True)
class Cached:
    """A step that depends on nothing but what it is filed under, the slots it uses and the lane masks it leaves."""

    step: Step
    slots: tuple[int, ...]
    masks: frozenset[int]


@dataclass(frozen=True)
class Common:
    """What all kernels of one target and wave size share: much of their code is the same, register for register."""

    slots: Slots = field(default_factory=Slots)
    steps: dict[tuple[str, int | None, FloatMode, frozenset[int]], Cached] = field(default_factory=dict)
    """By an instruction's text, the guard, the float mode, and lane masks at hand where they matter."""
    lock: RLock = field(default_factory=RLock)
    """Held while code is decoded."""


_COMMON: defaultdict[tuple[str, int], Common] = defaultdict(Common)


def common(arch: str, wave: int) -> Common:
    """The one for a target and wave size."""
    return _COMMON[arch, wave]


@dataclass
class Context:
    """What binding needs to know of the kernel, and what it has learnt within the straight-line code in hand.

    `masks` holds the scalar registers whose value is at hand as a lane mask in bool (slot kind `m`).
    """

    arch: Arch
    wave: int
    common: Common
    masks: set[int] = field(default_factory=set)
    float_mode: FloatMode = field(default_factory=FloatMode)
    relative: frozenset[str] = frozenset()
    """Sides of moves whose register numbers are relative to M0 (gfx9, s_set_gpr_idx_on)."""

    def __post_init__(self) -> None:
        self.slots = self.common.slots


def bind(context: Context, ins: Instruction, operation: Operation, guard: int | None) -> Step:
    """The step that executes `operation` where `guard` holds (None: everywhere).

    Raises UnknownInstructionError when operands do not fit the operation.
    """
    operands = [operand(token) for token in ins.operands]
    reads = read_all(context, operation, operands)
    outs = targets_of(context, operation, operands, guard)
    return assemble(operation.function, reads, outs, guard)


def explicit_results(operation: Operation) -> int:
    """How many of the operands in the text are results."""
    return sum(kind not in ("scc", "exec") for kind in operation.results)


def read_all(context: Context, operation: Operation, operands: list[Operand]) -> list[Read]:
    """Reads for all sources; `operands` are all operands of the instruction, results first."""
    rest = operands[explicit_results(operation) :]
    reads = [_read(context, operands, kind, rest, n) for n, kind in enumerate(operation.sources)]
    if rest:
        raise UnknownInstructionError("an operand too many")
    return reads


def targets_of(
    context: Context, operation: Operation, operands: list[Operand], guard: int | None
) -> list[targets.Target]:
    """Targets for all results."""
    given = iter(operands)
    return [_target(context, operation, kind, given, guard, n) for n, kind in enumerate(operation.results)]


def _read(context: Context, operands: list[Operand], kind: str, rest: list[Operand], position: int) -> Read:
    if kind == "scc":
        return SCC
    if kind == "vcc":
        return read_mask(context, _VCC)
    if kind == "exec":
        return _whole_exec(context)
    if kind.startswith("acc:"):
        return sources.read(context.slots, operands[0], kind[4:], position)
    if not rest:
        raise UnknownInstructionError("an operand is missing")
    token = rest.pop(0)
    if kind == "mask":
        return read_mask(context, token)
    return sources.read(context.slots, token, kind, position)


def read_mask(context: Context, token: Operand) -> Read:
    """A lane mask, from its bool form when that is at hand."""
    if token.kind == "s" and token.index in context.masks:
        return context.slots("m", token.index, "?")
    return sources.lane_mask(context.slots, token)


def _whole_exec(context: Context) -> Read:
    return context.slots("S", EXEC, "<u8") if context.wave == 64 else context.slots("s", EXEC, "<u4")


def _target(
    context: Context, operation: Operation, kind: str, given: Iterator[Operand], guard: int | None, position: int
) -> targets.Target:
    if kind == "scc":
        return targets.scc(context.slots, guard is not None)
    if kind == "exec":
        wide = "u64" if context.wave == 64 else "u32"
        return targets.row(context.slots, _EXEC, wide, guard, 7)
    return target(context, next(given), kind, guard, position, zeroes=not operation.keeps_half)


def target(
    context: Context, token: Operand, kind: str, guard: int | None, position: int = 0, *, zeroes: bool = True
) -> targets.Target:
    """Where a result of type `kind` goes."""
    if not token.is_register:
        raise UnknownInstructionError(f"a {token.kind} operand cannot be written")
    if kind == "mask":
        context.masks.add(token.index)
        return targets.lane_mask(context.slots, token, context.wave, guard)
    width = int(kind[1:])
    if width == 16:
        if token.kind == "s":
            raise UnknownInstructionError("16-bit result in a scalar register")
        zero_other = zeroes and token.half is None and context.arch.high_half == "zero"
        return targets.half(context.slots, token, kind, guard, zero_other)
    if width == 64 and token.kind == "v":
        return targets.pair(context.slots, token, kind, guard, position)
    return targets.row(context.slots, token, kind, guard, position)


def assemble(function: Any, reads: list[Read], outs: list[targets.Target], guard: int | None) -> Step:
    """One callable out of reads, function and targets, as short as the case allows: this is the inner loop."""
    commits = [out.commit for out in outs if out.commit is not None]
    call = _call(function, reads, [out.slot for out in outs])
    if not commits:
        return call
    if len(outs) == 1 and outs[0].row >= 0 and guard is not None:
        return _guarded(call, outs[0], guard)
    return _committed(call, commits)


def _call(function: Any, reads: list[Read], slots: list[int]) -> Step:
    if all(isinstance(read, int) for read in reads):
        return _call_plain(function, [*reads, *slots])  # type: ignore[list-item]
    gets = [fetch(read) for read in reads]
    if len(gets) == 2 and len(slots) == 1:
        return _call_two(function, gets[0], gets[1], slots[0])
    if len(gets) == 3 and len(slots) == 1:
        return _call_three(function, gets[0], gets[1], gets[2], slots[0])
    return lambda r: function(*[get(r) for get in gets], *[r[slot] for slot in slots])


def _call_plain(function: Any, slots: list[int]) -> Step:
    if len(slots) == 2:
        a, out = slots
        return lambda r: function(r[a], r[out])
    if len(slots) == 3:
        a, b, out = slots
        return lambda r: function(r[a], r[b], r[out])
    pick = itemgetter(*slots)
    return lambda r: function(*pick(r))


def _call_two(function: Any, first: Getter, second: Getter, out: int) -> Step:
    return lambda r: function(first(r), second(r), r[out])


def _call_three(function: Any, first: Getter, second: Getter, third: Getter, out: int) -> Step:
    return lambda r: function(first(r), second(r), third(r), r[out])


def _guarded(call: Step, out: targets.Target, guard: int) -> Step:
    slot, row, putmask = out.slot, out.row, np.putmask
    where = WAVES if out.scalar else guard

    def step(r: Rows) -> None:
        call(r)
        putmask(r[row], r[where], r[slot])

    return step


def _committed(call: Step, commits: list[targets.Commit]) -> Step:
    if len(commits) == 1:
        commit = commits[0]

        def single(r: Rows) -> None:
            call(r)
            commit(r)

        return single

    def step(r: Rows) -> None:
        call(r)
        for commit in commits:
            commit(r)

    return step
