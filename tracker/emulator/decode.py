"""From one instruction to the steps that execute it."""

from functools import cache

import tracker.emulator.ops  # noqa: F401  (fills the table)
from tracker.emulator.bind import Cached, Context, Step
from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.instruction import Instruction, Operand, operand, parse
from tracker.emulator.machine import MASK, WAVES
from tracker.emulator.modifiers import bind_modified
from tracker.emulator.names import canonical
from tracker.emulator.operation import OPERATIONS
from tracker.emulator.ops.atomics import bind_atomic, parse_atomic
from tracker.emulator.ops.indexed import bind_relative
from tracker.emulator.ops.lanes import bind_cmpx
from tracker.emulator.ops.memory import bind_access, parse_access
from tracker.emulator.ops.special import BINDERS, Binder

_FLOW = frozenset({"s_barrier", "s_branch", "s_endpgm", "s_setpc_b64"})
_SCALAR_DESTINATIONS = 2
"""At most so many leading operands of an instruction are scalar registers that it writes."""


def controls(ins: Instruction) -> bool:
    """True for instructions that the scheduler executes."""
    name = ins.name
    return name[:2] == "s_" and (name in _FLOW or name.startswith("s_cbranch_"))


def writes_exec(ins: Instruction) -> bool:
    """True if lanes may be switched on or off by the instruction."""
    if _narrows_exec(ins.name):
        return True
    return bool(ins.operands) and ins.operands[0][:4] == "exec" and not ins.name.startswith("s_cmp")


@cache
def _narrows_exec(name: str) -> bool:
    return name.startswith("v_cmpx") or "saveexec" in name or "wrexec" in name


def decode(context: Context, ins: Instruction, mode: int) -> list[Step]:
    """Steps for an instruction in a mode of `code`. Raises UnknownInstructionError."""
    if controls(ins):
        return []
    if " :: " in ins.text:
        return _dual(context, ins, mode)
    _forget_masks(context, ins)
    return [_single(context, ins, mode)]


def _single(context: Context, ins: Instruction, mode: int) -> Step:
    scalar = ins.name.startswith("s_")
    guard = (WAVES if mode == 2 else None) if scalar else (MASK if mode else None)
    if context.relative and not scalar:
        return bind_relative(context, ins, guard)
    binder = _binder(ins.name)
    return _cached(context, ins, guard) if binder is None else binder(context, ins, guard)


@cache
def _binder(name: str) -> Binder | None:
    """What binds an operation that is not bound by the table."""
    access, atomic = parse_access(name), parse_atomic(name)
    if name.startswith("v_cmpx_"):
        return bind_cmpx
    if name in BINDERS:
        return BINDERS[name]
    if access is not None:
        return lambda context, ins, guard: bind_access(context, ins, access, guard)
    if atomic is not None:
        return lambda context, ins, guard: bind_atomic(context, ins, atomic, guard)
    return None


def _cached(context: Context, ins: Instruction, guard: int | None) -> Step:
    """The step of an operation from the table, which kernels share."""
    operation = OPERATIONS.get(ins.name)
    if operation is None:
        raise UnknownInstructionError("the emulator does not know this instruction")
    used, masks = context.slots.used, context.masks
    before = frozenset(masks) if operation.moves_masks else _NO_MASKS
    key = ins.text, guard, context.float_mode, before
    found = context.common.steps.get(key)
    if found is None:
        mark = len(used)
        step = bind_modified(context, ins, context.float_mode.adapt(ins.name, operation), guard)
        left = frozenset(masks) if operation.moves_masks else _NO_MASKS
        found = context.common.steps[key] = Cached(step, tuple(used[mark:]), left - before)
    else:
        used += found.slots
        masks |= found.masks
    return found.step


_NO_MASKS: frozenset[int] = frozenset()


def _dual(context: Context, ins: Instruction, mode: int) -> list[Step]:
    halves = []
    for text in ins.text.split(" :: "):
        raw, operands, modifiers = parse(text)
        name = canonical(raw)
        if name == "v_cndmask_b32" and len(operands) == 3:
            operands = (*operands, "vcc_lo")
        halves.append(Instruction(text, raw, name, operands, modifiers, ins.index, ins.line, ins.location))
    first, second = halves
    written = first.operand(0)
    if _reads(second, written):
        return _dual_through_temporary(context, first, second, mode)
    return [_single(context, first, mode), _single(context, second, mode)]


def _reads(ins: Instruction, register: Operand) -> bool:
    sources = ins.operands if "fmac" in ins.name or "dot" in ins.name else ins.operands[1:]
    return any(o.kind == "v" and o.index == register.index for o in map(operand, sources))


def _dual_through_temporary(context: Context, first: Instruction, second: Instruction, mode: int) -> list[Step]:
    """The second half must see what the first half's destination held before: run the first half last.

    That is right unless it reads in turn what the second one writes; then the second one's result waits in a register
    that no instruction can name.
    """
    target = second.operand(0)
    if not _reads(first, target):
        return [_single(context, second, mode), _single(context, first, mode)]
    spare = f"v{_SPARE}"
    parts = [_single(context, _copy(second, (spare, second.operands[0])), mode)] if "fmac" in second.name else []
    text = f"{second.text} into {spare}"  # texts tell steps apart
    moved = Instruction(text, second.raw, second.name, (spare, *second.operands[1:]), second.modifiers)
    parts.append(_single(context, moved, mode))
    parts.append(_single(context, first, mode))
    parts.append(_single(context, _copy(second, (second.operands[0], spare)), mode))
    return parts


_SPARE = 1023


def _copy(ins: Instruction, operands: tuple[str, str]) -> Instruction:
    text = "v_mov_b32_e32 " + ", ".join(operands)
    return Instruction(text, "v_mov_b32_e32", "v_mov_b32", operands, {}, ins.index, ins.line, ins.location)


def _forget_masks(context: Context, ins: Instruction) -> None:
    """Scalar registers about to be written no longer have a lane mask in bool at hand."""
    if not context.masks:
        return
    scalar_unit = ins.name.startswith("s_") or "lane" in ins.name
    for token in ins.operands[: _SCALAR_DESTINATIONS if not scalar_unit else 1]:
        if token[0] in "sve" and token[:2] != "sc":
            written = operand(token)
            if written.kind == "s":
                context.masks.difference_update(range(written.index, written.index + written.count))
