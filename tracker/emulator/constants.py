"""Bit patterns of constants in assembly text, by the type of the operand they stand for."""

import struct
from functools import cache

from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.instruction import Operand

FLOAT_FORMAT = {16: "<e", 32: "<f", 64: "<d"}


@cache
def float_bits(value: float, width: int) -> int:
    """An inline float's bits in a 16-, 32- or 64-bit operand."""
    return int.from_bytes(struct.pack(FLOAT_FORMAT[width], value), "little")


def bits(operand: Operand, kind: str) -> int:
    """The bits of a constant operand used as type `kind` (`u32`, `f16`, …), before negation and absolute value.

    An inline integer is sign extended to the operand's width. A 32-bit literal gives the low 16 bits to a 16-bit
    operand, the high word of an f64, and is extended as its signedness says for 64-bit integers (AMDGPU operand
    syntax, "Constants").
    """
    width = int(kind[1:])
    value = operand.value
    if operand.kind == "float":
        if width == 16 and kind != "f16":
            raise UnknownInstructionError(f"inline float {value} in a 16-bit integer operand")
        return float_bits(value, width)
    number = int(value)
    if operand.kind == "literal" and width == 64:
        number &= 0xFFFFFFFF
        if kind == "f64":
            return number << 32
        if kind == "i64" and number >> 31:
            number -= 1 << 32
    return number & ((1 << width) - 1)
