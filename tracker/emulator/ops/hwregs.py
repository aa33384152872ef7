"""Hardware registers behind s_getreg and s_setreg: the float mode, and some without meaning for an emulator."""

import re

from tracker.emulator.bind import Context, Step
from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.floatmode import FloatMode
from tracker.emulator.instruction import Instruction
from tracker.emulator.machine import WAVES, Rows
from tracker.emulator.ops.special import binder

_FIELD = re.compile(r"hwreg\((?:HW_REG_)?(\w+)(?:, (\d+), (\d+))?\)")
_WHERE = frozenset({"HW_ID", "HW_ID1", "HW_ID2", "XCC_ID"})
"""Where on the chip a wave runs: any answer is right; here it is 0."""
_SCRATCH = frozenset({"FLAT_SCR_LO", "FLAT_SCR_HI"})
"""Where scratch lies, which the emulator knows by itself."""
_CLAMP_AND_IEEE = 0x300


def _field(ins: Instruction) -> tuple[str, int, int]:
    """Name, first bit and number of bits of the part of a hardware register that is named."""
    match = _FIELD.search(", ".join(ins.operands))
    if not match:
        raise UnknownInstructionError("this hardware register")
    return match[1], int(match[2] or 0), int(match[3] or 32)


def _mode_bits(mode: FloatMode) -> int:
    """The MODE register: rounding to nearest even in bits 3:0, denormals in 7:4, DX10_CLAMP, IEEE."""
    return mode.single << 4 | mode.others << 6 | _CLAMP_AND_IEEE


def _change_mode(context: Context, bits: int) -> Step:
    """Straight-line code from here on has another float mode; `Code.build` sees that it ends with the kernel's."""
    if bits & ~0xF0 != _CLAMP_AND_IEEE:
        raise UnknownInstructionError("only the denormal mode can change")
    context.float_mode = FloatMode(bits >> 4 & 3, bits >> 6 & 3)
    return lambda r: None


@binder("s_getreg_b32")
def _getreg(context: Context, ins: Instruction, guard: int | None) -> Step:
    name, first, count = _field(ins)
    if name != "MODE" and name not in _WHERE:
        raise UnknownInstructionError(f"hardware register {name}")
    value = (_mode_bits(context.float_mode) if name == "MODE" else 0) >> first & ((1 << count) - 1)
    target = ins.operand(0)
    slot, constant = context.slots("s", target.index, "<u4"), context.slots("k", value, "<u4")

    def step(r: Rows) -> None:
        r[slot][r[WAVES]] = r[constant]

    return step


@binder("s_setreg_b32")
def _setreg(context: Context, ins: Instruction, guard: int | None) -> Step:
    name, _, _ = _field(ins)
    if name not in _SCRATCH:
        raise UnknownInstructionError(f"hardware register {name} set from a scalar register")
    return lambda r: None


@binder("s_setreg_imm32_b32")
def _setreg_constant(context: Context, ins: Instruction, guard: int | None) -> Step:
    name, first, count = _field(ins)
    if name in _SCRATCH:
        return lambda r: None
    if name != "MODE":
        raise UnknownInstructionError(f"hardware register {name}")
    mask = (1 << count) - 1 << first
    value = int(ins.operands[-1], 0) << first & mask
    return _change_mode(context, _mode_bits(context.float_mode) & ~mask | value)


@binder("s_denorm_mode")
def _denorm_mode(context: Context, ins: Instruction, guard: int | None) -> Step:
    return _change_mode(context, int(ins.operands[0], 0) << 4 & 0xF0 | _CLAMP_AND_IEEE)


@binder("s_round_mode")
def _round_mode(context: Context, ins: Instruction, guard: int | None) -> Step:
    return _change_mode(context, _mode_bits(context.float_mode) | int(ins.operands[0], 0) & 15)
