"""DPP: the first source comes from another lane of the same row of 16 lanes (or 8, or the wave)."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.emulator import sources
from tracker.emulator.bind import Context, Step, read_all, target
from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.instruction import Instruction, Operand
from tracker.emulator.machine import MASK, Rows
from tracker.emulator.operation import Operation

_CONTROLS = (
    "quad_perm", "dpp8", "row_shl", "row_shr", "row_ror", "row_share", "row_xmask", "row_newbcast", "row_bcast",
    "wave_shl", "wave_shr", "wave_rol", "wave_ror", "row_mirror", "row_half_mirror",
)  # fmt: skip
_DPP_MASK = 14
"""Number of the temporary that holds the lanes a DPP instruction writes."""


def is_dpp(ins: Instruction) -> bool:
    """True if an instruction has a DPP control."""
    return any(control in ins.modifiers for control in _CONTROLS)


@cache
def source_lanes(control: str, value: str, lanes: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """For each lane the lane it reads, and whether there is one. Raises UnknownInstructionError."""
    lane = np.arange(lanes)
    row, column = lane & ~15, lane & 15
    if control == "quad_perm":
        order = np.array([int(v) for v in value.strip("[]").split(",")])
        return (lane & ~3) + order[lane & 3], np.ones(lanes, bool)
    if control == "dpp8":
        order = np.array([int(v) for v in value.strip("[]").split(",")])
        return (lane & ~7) + order[lane & 7], np.ones(lanes, bool)
    number = int(value, 0) if value else 0
    within_row = {
        "row_shl": column + number,
        "row_shr": column - number,
        "row_ror": (column - number) & 15,
        "row_share": np.full(lanes, number),
        "row_newbcast": np.full(lanes, number),
        "row_xmask": column ^ number,
        "row_mirror": 15 - column,
        "row_half_mirror": (column & 8) + 7 - (column & 7),
    }
    if control in within_row:
        wanted = within_row[control]
        good = (wanted >= 0) & (wanted < 16)
        return row + np.where(good, wanted, 0), good
    return _across_rows(control, number, lane, lanes)


def _across_rows(
    control: str, number: int, lane: NDArray[np.intp], lanes: int
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    if control == "row_bcast":
        # Lane 15 (31) of each row (pair of rows) goes to the whole next row (to lanes 32 to 63).
        wanted = (lane & ~15) - 1 if number == 15 else np.where(lane >= 32, 31, -1)
    else:
        step = {"wave_shl": 1, "wave_rol": 1, "wave_shr": -1, "wave_ror": -1}.get(control)
        if step is None:
            raise UnknownInstructionError(f"modifier {control}")
        wanted = lane + step
        wanted = wanted % lanes if control in ("wave_rol", "wave_ror") else wanted
    good = (wanted >= 0) & (wanted < lanes)
    return np.where(good, wanted, 0), good


def written_lanes(modifiers: dict[str, str], lanes: int) -> NDArray[np.bool_]:
    """Lanes that row_mask and bank_mask let be written."""
    lane = np.arange(lanes)
    rows, banks = int(modifiers.get("row_mask", "0xf"), 0), int(modifiers.get("bank_mask", "0xf"), 0)
    return ((rows >> (lane // 16)) & 1 & (banks >> ((lane % 16) // 4))).astype(bool)


def bind_dpp(
    context: Context, operation: Operation, operands: list[Operand], modifiers: dict[str, str], guard: int | None
) -> Step:
    """The step of a DPP instruction.

    A lane whose source lane does not exist or is inactive reads 0 if bound_ctrl is set (or in dpp8) and keeps its old
    result otherwise.
    """
    control = next(c for c in _CONTROLS if c in modifiers)
    known = {control, "row_mask", "bank_mask", "bound_ctrl", "fi"}
    if not known.issuperset(modifiers):
        raise UnknownInstructionError("modifier " + ", ".join(set(modifiers) - known))
    zero_fill, inactive_too = "bound_ctrl" in modifiers or control == "dpp8", modifiers.get("fi") == "1"
    allowed = context.slots("t", _DPP_MASK, "?")
    outs = [target(context, operands[0], operation.results[0], allowed, zeroes=not operation.keeps_half)]
    if len(operation.results) > 1 or operation.results[0] == "mask":
        raise UnknownInstructionError("DPP on an operation with a mask result")
    gets = [sources.fetch(read) for read in read_all(context, operation, operands)]
    function, value, slot, commit = operation.function, modifiers[control], outs[0].slot, outs[0].commit
    assert commit is not None

    def step(r: Rows) -> None:
        first = gets[0](r)
        lanes = r[MASK].shape[1]
        index, exists = source_lanes(control, value, lanes)
        active = np.ones_like(r[MASK]) if guard is None else r[guard]
        good = exists & (True if inactive_too else active[:, index])
        moved: Any = np.broadcast_to(first, active.shape)[:, index]
        if zero_fill:
            moved = np.where(good, moved, moved.dtype.type(0))
        writes = active & written_lanes(modifiers, lanes)
        np.logical_and(writes, True if zero_fill else good, r[allowed])
        function(moved, *[get(r) for get in gets[1:]], r[slot])
        commit(r)

    return step
