"""How an operation reads one operand: the number of a slot, or a function from rows to an array.

Operand types: `u32 i32 f32 u64 i64 f64 u16 i16 f16`; `k16`, `ku16` a 16-bit immediate, sign or zero extended; `mask` a
lane mask; and those derived from a 32- or 16-bit operand in `_DERIVED`.
"""

from collections.abc import Callable
from dataclasses import replace
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from tracker.emulator.constants import bits
from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.instruction import NULL, Operand
from tracker.emulator.machine import SCC, Rows, Slots

Getter = Callable[[Rows], Any]
Read = int | Getter

DTYPES = {
    "u32": "<u4",
    "i32": "<i4",
    "f32": "<f4",
    "u64": "<u8",
    "i64": "<i8",
    "f64": "<f8",
    "u16": "<u2",
    "i16": "<i2",
    "f16": "<f2",
}


class Derived(NamedTuple):
    """A type whose value is a function of an operand of type `base`: of an int for constants, else of an array."""

    base: str
    fold: Callable[[int], int]
    compute: Callable[[Any], Any]


def _low_bits(base: str, mask: int) -> Derived:
    limit = np.array(mask, DTYPES[base])
    return Derived(base, lambda n: n & mask, lambda a: np.bitwise_and(a, limit))


_ONE, _31, _32 = np.array(1, np.uint32), np.array(31, np.uint32), np.array(32, np.int32)
_I31, _EIGHT = np.array(31, np.int32), np.array(8, np.int32)

_DERIVED = {
    # Shift counts of 3 to 6 bits, unsigned or (n5) signed as numpy wants them beside a signed operand.
    "c4": _low_bits("u16", 15),
    "c5": _low_bits("u32", 31),
    "c6": _low_bits("u32", 63),
    "c3": _low_bits("u32", 7),
    "n5": _low_bits("i32", 31),
    # Bit field widths: as a mask, and as the distance of the field's top from bit 31.
    "w5": Derived("u32", lambda n: (1 << (n & 31)) - 1, lambda a: np.subtract(_ONE << (a & _31), _ONE)),
    "t5": Derived("i32", lambda n: 32 - (n & 31), lambda a: np.subtract(_32, a & _I31)),
    "u24": _low_bits("u32", 0xFFFFFF),
    "i24": Derived("i32", lambda n: ((n & 0xFFFFFF) ^ 0x800000) - 0x800000, lambda a: (a << _EIGHT) >> _EIGHT),
}


def fetch(read: Read) -> Getter:
    """The function form of a read."""
    return itemgetter(read) if isinstance(read, int) else read


def read(slots: Slots, operand: Operand, kind: str, position: int = 0) -> Read:
    """Resolve an operand read as type `kind`; `position` keeps the temporaries of one instruction's sources apart."""
    if kind in _DERIVED:
        return _derive(slots, operand, _DERIVED[kind])
    if kind in ("k16", "ku16"):
        value = int(operand.value) & 0xFFFF
        return slots(
            "k", value - 0x10000 if kind == "k16" and value >> 15 else value, "<i4" if kind == "k16" else "<u4"
        )
    if not (operand.negative or operand.absolute):
        return _plain(slots, operand, kind, position)
    plain = _plain(slots, replace(operand, negative=False, absolute=False), kind, position)
    return _signed(plain, operand, kind)


def _plain(slots: Slots, operand: Operand, kind: str, position: int) -> Read:
    dtype = DTYPES[kind]
    if operand.kind == "scc":
        return lambda r: r[SCC].astype(dtype)
    if operand.kind == "off" or (operand.kind == "s" and operand.index == NULL):
        return slots("k", 0, dtype)
    if not operand.is_register:
        return slots("k", bits(operand, kind), dtype)
    width = int(kind[1:])
    if operand.extended:
        raise UnknownInstructionError("sext() outside SDWA")
    if width == 32:
        return slots(operand.kind, operand.index, dtype)
    if width == 16:
        half = "h" if operand.kind == "v" else "sh"
        return slots(half, 2 * operand.index + (operand.half or 0), dtype)
    return _pair(slots, operand, dtype, position)


def _pair(slots: Slots, operand: Operand, dtype: str, position: int) -> Read:
    if operand.kind == "s":
        if operand.index & 1:
            raise UnknownInstructionError(f"64-bit operand s[{operand.index}:{operand.index + 1}] at an odd register")
        return slots("S", operand.index, dtype)
    first, second = slots("v", operand.index, "<u4"), slots("v", operand.index + 1, "<u4")
    whole, low, high = slots("p", position, dtype), slots("pl", position, "<u4"), slots("ph", position, "<u4")

    def get(r: Rows) -> Any:
        np.copyto(r[low], r[first])
        np.copyto(r[high], r[second])
        return r[whole]

    return get


def _signed(plain: Read, operand: Operand, kind: str) -> Read:
    if kind[0] != "f":
        raise UnknownInstructionError(f"a float sign modifier on an operand of type {kind}")
    get, negative, absolute = fetch(plain), operand.negative, operand.absolute
    if not absolute:
        return lambda r: np.negative(get(r))
    if not negative:
        return lambda r: np.absolute(get(r))
    return lambda r: np.negative(np.absolute(get(r)))


def _derive(slots: Slots, operand: Operand, kind: Derived) -> Read:
    if not operand.is_register:
        return slots("k", kind.fold(bits(operand, kind.base)), DTYPES[kind.base])
    get, compute = fetch(read(slots, operand, kind.base)), kind.compute
    return lambda r: compute(get(r))


def lane_mask(slots: Slots, operand: Operand) -> Getter:
    """Read a scalar register (pair) as a lane mask: bool, shape (waves, lanes)."""
    if operand.kind == "int":
        everyone = operand.value == -1
        if not everyone and operand.value:
            raise UnknownInstructionError(f"lane mask {operand.value}")
        return lambda r: np.full((r[0].waves, r[0].lanes), everyone)
    if operand.kind != "s":
        raise UnknownInstructionError(f"lane mask in a {operand.kind} operand")
    source = slots("b", operand.index, "<u1")

    def get(r: Rows) -> Any:
        return np.unpackbits(r[source].reshape(-1), bitorder="little").view(bool).reshape(r[0].waves, -1)

    return get
