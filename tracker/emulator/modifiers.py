"""What the words behind an instruction's operands change about it: saturation, output scale, halves, DPP, SDWA."""

from dataclasses import replace
from typing import Any

import numpy as np

from tracker.emulator.bind import Context, Step, assemble, bind, read_all, targets_of
from tracker.emulator.dpp import bind_dpp, is_dpp
from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.instruction import Instruction, Operand, operand
from tracker.emulator.operation import OPERATIONS, Operation, after, clamp_float
from tracker.emulator.sdwa import bind_sdwa

_OUTPUT_SCALE = {"mul:2": 2.0, "mul:4": 4.0, "div:2": 0.5}
_HALVES = ("u16", "i16", "f16", "c4")


def bind_modified(context: Context, ins: Instruction, operation: Operation, guard: int | None) -> Step:
    """The step of an instruction from the table, with whatever modifiers it carries."""
    if not ins.modifiers and not ins.raw.endswith(("sdwa", "dpp", "dpp8")):
        return bind(context, ins, operation, guard)
    left = dict(ins.modifiers)
    operation = _outputs(ins, operation, left)
    operands = [operand(token) for token in ins.operands]
    if "op_sel" in left:
        operands = _select_halves(operation, operands, _flags(left.pop("op_sel")))
    if ins.raw.endswith("_sdwa"):
        return bind_sdwa(context, operation, operands, left, guard)
    if is_dpp(ins):
        return bind_dpp(context, operation, operands, left, guard)
    if left:
        raise UnknownInstructionError("modifier " + ", ".join(left))
    reads = read_all(context, operation, operands)
    return assemble(operation.function, reads, targets_of(context, operation, operands, guard), guard)


def _outputs(ins: Instruction, operation: Operation, left: dict[str, str]) -> Operation:
    for key in ("mul", "div"):
        if key in left:
            factor = _OUTPUT_SCALE.get(f"{key}:{left.pop(key)}")
            if factor is None:
                raise UnknownInstructionError(f"modifier {key}")
            operation = after(operation, _scaled(factor))
    if "clamp" in left:
        del left["clamp"]
        saturating = OPERATIONS.get(ins.name + "+clamp")
        if saturating is not None:
            return saturating
        if operation.results[0][0] != "f":
            raise UnknownInstructionError("modifier clamp")
        return after(operation, clamp_float)
    return operation


def _scaled(factor: float) -> Any:
    return lambda out: np.multiply(out, out.dtype.type(factor), out)


def _flags(text: str) -> list[int]:
    return [int(flag) for flag in text.strip("[]").split(",")]


def _select_halves(operation: Operation, operands: list[Operand], flags: list[int]) -> list[Operand]:
    """op_sel of 16-bit operations: one flag per source, the last for the destination."""
    kinds = [*operation.results[:1], *operation.sources]
    order = [flags[-1], *flags[:-1]]
    chosen = []
    for number, token in enumerate(operands):
        flag = order[number] if number < len(order) else 0
        if number < len(kinds) and kinds[number] in _HALVES and token.is_register:
            chosen.append(replace(token, half=flag))
        elif flag:
            raise UnknownInstructionError("op_sel on an operand that has no halves")
        else:
            chosen.append(token)
    return chosen
