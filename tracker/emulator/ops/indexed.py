"""Moves between vector registers, both ways at once (v_swap) or between registers chosen at run time.

The latter are v_movrel* and, on gfx9, v_mov between s_set_gpr_idx_on and _off; the offset is M0, one value per wave.
"""

from typing import Any

import numpy as np

from tracker.emulator.bind import Context, Step
from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.instruction import M0, Instruction, Operand
from tracker.emulator.machine import MACHINE, MASK, WAVES, Rows
from tracker.emulator.ops.addresses import check_modifiers
from tracker.emulator.ops.special import binder
from tracker.emulator.sources import fetch, read

_OFFSETS = np.uint32(0xFF)


@binder("v_swap_b32")
def _swap(context: Context, ins: Instruction, guard: int | None) -> Step:
    """Exchange two registers in active lanes."""
    check_modifiers(ins, frozenset())
    slots = [context.slots("v", ins.operand(place).index, "<u4") for place in (0, 1)]

    def step(r: Rows) -> None:
        first, second = (r[slot] for slot in slots)
        lanes = r[WAVES] if guard is None else r[guard] & r[WAVES]
        kept = first.copy()
        np.copyto(first, second, where=lanes)
        np.copyto(second, kept, where=lanes)

    return step


def relative_move(
    context: Context, ins: Instruction, guard: int | None, *, source: bool, target: bool, low_byte: bool
) -> Step:
    """v[D + (M0)] = v[S + (M0)] with M0 added on the sides asked for."""
    check_modifiers(ins, frozenset())
    to, origin = ins.operand(0), ins.operand(1)
    if source and origin.kind != "v":
        raise UnknownInstructionError("relative addressing of something else than a vector register")
    plain = None if source else fetch(read(context.slots, origin, "u32"))
    offset = context.slots("s", M0, "<u4")

    def step(r: Rows) -> None:
        machine, running = r[MACHINE], r[WAVES]
        lanes = np.ones_like(r[MASK]) if guard is None else r[guard]
        offsets = r[offset] & _OFFSETS if low_byte else r[offset]
        for number in np.unique(offsets[running]).tolist():
            value = machine.vector(origin.index + number) if plain is None else plain(r)
            row = machine.vector(to.index + (number if target else 0))
            np.copyto(row, value, where=lanes & (offsets == number) & running)

    return step


@binder("v_movrels_b32")
def _movrels(context: Context, ins: Instruction, guard: int | None) -> Step:
    return relative_move(context, ins, guard, source=True, target=False, low_byte=False)


@binder("v_movreld_b32")
def _movreld(context: Context, ins: Instruction, guard: int | None) -> Step:
    return relative_move(context, ins, guard, source=False, target=True, low_byte=False)


@binder("v_movrelsd_b32")
def _movrelsd(context: Context, ins: Instruction, guard: int | None) -> Step:
    return relative_move(context, ins, guard, source=True, target=True, low_byte=False)


def _set_offset(context: Context, operand: Operand) -> Step:
    """M0[7:0] = S0[7:0], the other bits kept."""
    get, slot = fetch(read(context.slots, operand, "u32")), context.slots("s", M0, "<u4")

    def step(r: Rows) -> None:
        value: Any = (r[slot] & ~_OFFSETS) | (get(r) & _OFFSETS)
        np.putmask(r[slot], r[WAVES], value)

    return step


@binder("s_set_gpr_idx_on")
def _index_on(context: Context, ins: Instruction, guard: int | None) -> Step:
    """Until s_set_gpr_idx_off, register numbers of the named sides are relative."""
    sides = ins.operands[1].removeprefix("gpr_idx(").rstrip(")").split(",")
    context.relative = frozenset(side for side in sides if side)
    if not context.relative <= {"SRC0", "DST"}:
        raise UnknownInstructionError(f"gpr_idx {sorted(context.relative)}")
    return _set_offset(context, ins.operand(0))


@binder("s_set_gpr_idx_idx")
def _index_change(context: Context, ins: Instruction, guard: int | None) -> Step:
    return _set_offset(context, ins.operand(0))


@binder("s_set_gpr_idx_off")
def _index_off(context: Context, ins: Instruction, guard: int | None) -> Step:
    context.relative = frozenset()
    return lambda r: None


def bind_relative(context: Context, ins: Instruction, guard: int | None) -> Step:
    """An instruction between s_set_gpr_idx_on and _off; only moves are known there."""
    if ins.name != "v_mov_b32":
        raise UnknownInstructionError("register numbers relative to M0")
    sides = context.relative
    return relative_move(context, ins, guard, source="SRC0" in sides, target="DST" in sides, low_byte=True)
