"""SDWA: sources are bytes or words of registers, the result goes to a byte or word (gfx9, gfx10)."""

from dataclasses import replace
from typing import Any

import numpy as np

from tracker.emulator import sources
from tracker.emulator.bind import Context, Step, assemble, explicit_results, read_all, targets_of
from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.instruction import Operand
from tracker.emulator.machine import Rows
from tracker.emulator.operation import Operation
from tracker.emulator.sources import DTYPES, Getter

_PARTS = {
    "BYTE_0": (0, 8),
    "BYTE_1": (8, 8),
    "BYTE_2": (16, 8),
    "BYTE_3": (24, 8),
    "WORD_0": (0, 16),
    "WORD_1": (16, 16),
}
_COUNTS = {"c4": 15, "c5": 31, "c6": 63, "n5": 31}
_COUNT_BASES = {"c4": "u16", "n5": "i32"}
_BITS24 = {"u24": "u32", "i24": "i32"}
_U32 = np.uint32


def bind_sdwa(
    context: Context, operation: Operation, operands: list[Operand], modifiers: dict[str, str], guard: int | None
) -> Step:
    """The step of an SDWA instruction."""
    known = {"dst_sel", "dst_unused", "src0_sel", "src1_sel"}
    if not known.issuperset(modifiers):
        raise UnknownInstructionError("modifier " + ", ".join(set(modifiers) - known))
    count = explicit_results(operation)
    gets = [sources.fetch(read) for read in read_all(context, operation, [_bare(token) for token in operands])]
    for number in range(min(2, len(operation.sources))):
        kind, token = operation.sources[number], operands[count + number]
        part = modifiers.get(f"src{number}_sel", "DWORD")
        if part == "DWORD" and token == _bare(token):
            continue
        if kind in DTYPES or kind in _COUNTS or kind in _BITS24:
            gets[number] = _selected(context, token, kind, part)
    if operation.results[0] == "mask" or modifiers.get("dst_sel", "DWORD") == "DWORD":
        return _whole(context, operation, operands, gets, guard)
    return _partial(context, operation, operands[0], gets, modifiers, guard)


def _bare(token: Operand) -> Operand:
    """An operand without what SDWA does to it after selection."""
    if not (token.negative or token.absolute or token.extended):
        return token
    return replace(token, negative=False, absolute=False, extended=False)


def _whole(context: Context, operation: Operation, operands: list[Operand], gets: Any, guard: int | None) -> Step:
    if operation.results[0] in ("u16", "i16", "f16"):
        return _partial(context, operation, operands[0], gets, {"dst_sel": "WORD_0"}, guard)
    return assemble(operation.function, gets, targets_of(context, operation, operands, guard), guard)


def _selected(context: Context, token: Operand, kind: str, part: str) -> Getter:
    """A source's selected bits as type `kind`, with sign extension and float signs."""
    base, limit = (_COUNT_BASES.get(kind, "u32"), _COUNTS[kind]) if kind in _COUNTS else (_BITS24.get(kind, kind), None)
    dtype = DTYPES[base]
    get = _part_of_vector(context, token, part, dtype) if token.kind == "v" else _part(context, token, part, dtype)
    trimmed, eight = kind in _BITS24 and part == "DWORD", np.array(8, dtype)
    if limit is None and not trimmed and not token.absolute and not token.negative:
        return get

    def read(r: Rows) -> Any:
        value = get(r)
        if token.absolute:
            value = np.absolute(value)
        if token.negative:
            value = np.negative(value)
        if trimmed:
            return value << eight >> eight
        return value if limit is None else np.bitwise_and(value, value.dtype.type(limit))

    return read


def _part_of_vector(context: Context, token: Operand, part: str, dtype: str) -> Getter:
    """Bytes and words of vector registers are views, widened with or without their sign."""
    if part == "DWORD" or (part == "WORD_0" and dtype[-1] == "2"):
        return _part(context, token, part, dtype)
    offset, width = _part_bits(part)
    sign = "i" if token.extended else "u"
    letter, number = ("q", 4 * token.index + offset // 8) if width == 8 else ("h", 2 * token.index + offset // 16)
    slot, wide = context.slots(letter, number, f"<{sign}{width // 8}"), f"<{sign}{dtype[-1]}"
    return lambda r: r[slot].astype(wide).view(dtype)


def _part(context: Context, token: Operand, part: str, dtype: str) -> Getter:
    get, select = sources.fetch(sources.read(context.slots, _bare(token), "u32")), _selector(part, token.extended)
    if dtype[-1] == "4":
        return lambda r: select(np.asarray(get(r))).view(dtype)
    return lambda r: select(np.asarray(get(r))).astype("<u2").view(dtype)


def _part_bits(part: str) -> tuple[int, int]:
    if part not in _PARTS:
        raise UnknownInstructionError(f"select {part}")
    return _PARTS[part]


def _selector(part: str, signed: bool) -> Any:
    if part == "DWORD":
        return lambda bits: bits
    offset, width = _part_bits(part)
    left, right = 32 - offset - width, 32 - width
    if signed:
        return lambda bits: ((bits << _U32(left)).view(np.int32) >> np.int32(right)).view(_U32)
    return lambda bits: (bits << _U32(left)) >> _U32(right)


def _partial(
    context: Context, operation: Operation, token: Operand, gets: Any, modifiers: dict[str, str], guard: int | None
) -> Step:
    """The result's low bits go to the selected byte or word, the rest is zeroed, sign extended or kept."""
    unused = modifiers.get("dst_unused", "UNUSED_PAD")
    offset, width = _PARTS[modifiers["dst_sel"]]
    if unused not in ("UNUSED_PAD", "UNUSED_PRESERVE", "UNUSED_SEXT"):
        raise UnknownInstructionError(f"dst_unused:{unused}")
    kind, row = operation.results[0], context.slots("v", token.index, "<u4")
    result = context.slots("t", 13, DTYPES[kind])
    low, place, function = _U32((1 << width) - 1), _U32(offset), operation.function
    keep, extend, left = unused == "UNUSED_PRESERVE", unused == "UNUSED_SEXT", _U32(32 - width)

    def step(r: Rows) -> None:
        out = r[result]
        function(*[get(r) for get in gets], out)
        bits = out.view(_U32) if out.itemsize == 4 else out.view(np.uint16).astype(_U32)
        value = (bits & low) << place
        if extend:
            value = (((bits << left).view(np.int32) >> left.view(np.int32)) << place.view(np.int32)).view(_U32)
        if keep:
            value = value | (r[row] & ~(low << place))
        if guard is None:
            np.copyto(r[row], value)
        else:
            np.putmask(r[row], r[guard], value)

    return step
