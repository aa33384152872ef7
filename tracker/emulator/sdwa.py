"""SDWA: sources are bytes or words of registers, the result goes to a byte or word (gfx9, gfx10)."""

from dataclasses import replace
from typing import Any

import numpy as np

from tracker.emulator import sources
from tracker.emulator.bind import Context, Step, explicit_results, read_all, targets_of
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
    plain = [replace(token, negative=False, absolute=False, extended=False) for token in operands]
    gets = [sources.fetch(read) for read in read_all(context, operation, plain)]
    for number in range(min(2, len(operation.sources))):
        kind, token = operation.sources[number], operands[count + number]
        if kind in DTYPES or kind in _COUNTS or kind in _BITS24:
            gets[number] = _selected(context, token, kind, modifiers.get(f"src{number}_sel", "DWORD"))
    if operation.results[0] == "mask" or modifiers.get("dst_sel", "DWORD") == "DWORD":
        return _whole(context, operation, operands, gets, guard)
    return _partial(context, operation, operands[0], gets, modifiers, guard)


def _whole(context: Context, operation: Operation, operands: list[Operand], gets: Any, guard: int | None) -> Step:
    if operation.results[0] in ("u16", "i16", "f16"):
        return _partial(context, operation, operands[0], gets, {"dst_sel": "WORD_0"}, guard)
    outs = targets_of(context, operation, operands, guard)
    function = operation.function
    slots, commits = [out.slot for out in outs], [out.commit for out in outs if out.commit]

    def step(r: Rows) -> None:
        function(*[get(r) for get in gets], *[r[slot] for slot in slots])
        for commit in commits:
            commit(r)

    return step


def _selected(context: Context, token: Operand, kind: str, part: str) -> Getter:
    """A source's selected bits as type `kind`, with sign extension and float signs."""
    base, limit = (_COUNT_BASES.get(kind, "u32"), _COUNTS[kind]) if kind in _COUNTS else (_BITS24.get(kind, kind), None)
    bare = replace(token, negative=False, absolute=False, extended=False)
    get, dtype = sources.fetch(sources.read(context.slots, bare, "u32")), DTYPES[base]
    select = _selector(part, token.extended)
    width = int(dtype[-1])

    def read(r: Rows) -> Any:
        bits = select(np.asarray(get(r)))
        value = bits.view(dtype) if width == 4 else bits.astype("<u2").view(dtype)
        if token.absolute:
            value = np.absolute(value)
        if token.negative:
            value = np.negative(value)
        if kind in _BITS24:
            return value << np.array(8, dtype) >> np.array(8, dtype)
        return value if limit is None else np.bitwise_and(value, value.dtype.type(limit))

    return read


def _selector(part: str, signed: bool) -> Any:
    if part == "DWORD":
        return lambda bits: bits
    if part not in _PARTS:
        raise UnknownInstructionError(f"select {part}")
    offset, width = _PARTS[part]
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
