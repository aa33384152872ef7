"""Packed operations (two results per lane), mixed-precision fma, and dot products with signedness flags.

op_sel names, per source, the half that the low result uses; op_sel_hi the half for the high result.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tracker.emulator import sources, targets
from tracker.emulator.bind import Context, Step, assemble
from tracker.emulator.constants import bits, float_bits
from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.floatmode import KEEP_RESULTS, KEEP_SOURCES, flushed
from tracker.emulator.instruction import Instruction, Operand, operand
from tracker.emulator.machine import Rows
from tracker.emulator.operation import OPERATIONS, Function, after, clamp_float
from tracker.emulator.ops.addresses import check_modifiers
from tracker.emulator.ops.dot import dot4, dot_parts
from tracker.emulator.ops.fma import fma32
from tracker.emulator.ops.special import binder
from tracker.emulator.sources import DTYPES, Read, fetch

_SELECTS = frozenset({"op_sel", "op_sel_hi", "neg_lo", "neg_hi"})

# Packed operation → the operation that computes each half.
_HALF_OPERATIONS = {
    "v_pk_add_u16": "v_add_nc_u16",
    "v_pk_add_i16": "v_add_nc_i16",
    "v_pk_sub_u16": "v_sub_nc_u16",
    "v_pk_sub_i16": "v_sub_nc_i16",
    "v_pk_mul_lo_u16": "v_mul_lo_u16",
    "v_pk_mad_u16": "v_mad_u16",
    "v_pk_mad_i16": "v_mad_i16",
    "v_pk_min_u16": "v_min_u16",
    "v_pk_min_i16": "v_min_i16",
    "v_pk_max_u16": "v_max_u16",
    "v_pk_max_i16": "v_max_i16",
    "v_pk_lshlrev_b16": "v_lshlrev_b16",
    "v_pk_lshrrev_b16": "v_lshrrev_b16",
    "v_pk_ashrrev_i16": "v_ashrrev_i16",
    "v_pk_add_f16": "v_add_f16",
    "v_pk_mul_f16": "v_mul_f16",
    "v_pk_fma_f16": "v_fma_f16",
    "v_pk_min_f16": "v_min_f16",
    "v_pk_max_f16": "v_max_f16",
}
_PAIR_OPERATIONS = {"v_pk_add_f32": "v_add_f32", "v_pk_mul_f32": "v_mul_f32", "v_pk_fma_f32": "v_fma_f32"}


def flags(ins: Instruction, key: str, default: int, count: int) -> list[int]:
    """A modifier's list of flags, one per source."""
    text = ins.modifiers.get(key)
    if text is None:
        return [default] * count
    given = [int(flag) for flag in text.strip("[]").split(",")]
    return given + [default] * (count - len(given))


def _clamped(context: Context, ins: Instruction, name: str) -> tuple[Function, str]:
    """The half operation's function and its operand type."""
    operation = context.float_mode.adapt(name, OPERATIONS[name])
    if "clamp" not in ins.modifiers:
        return operation.function, operation.results[0]
    saturating = OPERATIONS.get(name + "+clamp")
    if saturating is not None:
        return saturating.function, saturating.results[0]
    if operation.results[0] != "f16":
        raise UnknownInstructionError("modifier clamp")
    return after(operation, clamp_float).function, "f16"


def _half_read(context: Context, token: Operand, half: int, negate: bool, kind: str) -> Read:
    """One 16-bit half of a packed source. Inline integers are 32-bit values; a literal gives both halves its bits."""
    base = "u16" if kind == "c4" else kind
    if token.is_register and token.index != 125:
        place = replace(token, index=token.index, half=half)
        get: Read = sources.read(context.slots, place, kind)
    else:
        get = _constant_half(context, token, half, base, kind == "c4")
    if not negate:
        return get
    getter = fetch(get)
    return lambda r: np.negative(getter(r))


def _constant_half(context: Context, token: Operand, half: int, kind: str, count: bool) -> int:
    if token.kind == "float":
        word = float_bits(token.value, 16) if kind == "f16" else float_bits(token.value, 32)
    else:
        word = bits(replace(token, negative=False), "u32") if not token.is_register else 0
    number = (word >> 16 * half) & 0xFFFF
    return context.slots("k", number & 15 if count else number, DTYPES[kind])


def _packed_halves(name: str) -> Callable[[Context, Instruction, int | None], Step]:
    def bind_packed(context: Context, ins: Instruction, guard: int | None) -> Step:
        check_modifiers(ins, _SELECTS | {"clamp"})
        function, kind = _clamped(context, ins, _HALF_OPERATIONS[name])
        kinds = OPERATIONS[_HALF_OPERATIONS[name]].sources
        given = [operand(token) for token in ins.operands]
        count = len(given) - 1
        gets = []
        for select, negate, default in (("op_sel", "neg_lo", 0), ("op_sel_hi", "neg_hi", 1)):
            halves, signs = flags(ins, select, default, count), flags(ins, negate, 0, count)
            source_kinds = ["c4" if k == "c4" else kind for k in kinds]
            gets.append(
                [
                    fetch(_half_read(context, token, half, bool(sign), source_kind))
                    for token, half, sign, source_kind in zip(given[1:], halves, signs, source_kinds, strict=True)
                ]
            )
        return _two_halves(context, function, gets, given[0], kind, guard)

    return bind_packed


def _two_halves(context: Context, function: Function, gets: Any, token: Operand, kind: str, guard: int | None) -> Step:
    low, high = (context.slots("t", n, DTYPES[kind]) for n in (0, 1))
    row = context.slots("v", token.index, "<u4")
    shift = np.uint32(16)

    def step(r: Rows) -> None:
        function(*[get(r) for get in gets[0]], r[low])
        function(*[get(r) for get in gets[1]], r[high])
        value = r[high].view(np.uint16).astype(np.uint32)
        value <<= shift
        value |= r[low].view(np.uint16)
        if guard is None:
            np.copyto(r[row], value)
        else:
            np.putmask(r[row], r[guard], value)

    return step


def _pair_part(context: Context, token: Operand, half: int, negate: bool, kind: str) -> Read:
    """One register of a pair as a source; a constant stands for itself in both."""
    if token.is_register:
        token = replace(token, index=token.index + half, count=1)
    elif half and token.value:
        raise UnknownInstructionError("the high half of a 64-bit constant")
    return sources.read(context.slots, replace(token, negative=token.negative != negate), kind)


def _two_rows(
    context: Context,
    function: Function,
    parts: tuple[list[Read], list[Read]],
    token: Operand,
    kind: str,
    guard: int | None,
) -> list[Step]:
    """Steps for the results in registers token and token + 1, both computed from old values."""
    first, second = replace(token, count=1), replace(token, index=token.index + 1, count=1)
    dtype = DTYPES[kind]
    row = context.slots("v", first.index, dtype)
    low_out = targets.row(context.slots, first, kind, guard, 0)
    high_out = targets.row(context.slots, second, kind, guard, 1)
    if row not in parts[1] and all(isinstance(part, int) for part in parts[1]):
        return [assemble(function, parts[0], [low_out], guard), assemble(function, parts[1], [high_out], guard)]
    kept = context.slots("t", 5, dtype)
    wait = assemble(function, parts[0], [targets.Target(kept, None)], None)
    move = assemble(np.positive, [kept], [low_out], guard)
    return [wait, assemble(function, parts[1], [high_out], guard), move]


def _sequence(steps: list[Step]) -> Step:
    def both(r: Rows) -> None:
        for step in steps:
            step(r)

    return both


def _packed_pairs(name: str) -> Callable[[Context, Instruction, int | None], Step]:
    def bind_packed(context: Context, ins: Instruction, guard: int | None) -> Step:
        check_modifiers(ins, _SELECTS | {"clamp"})
        given = [operand(token) for token in ins.operands]
        count = len(given) - 1
        parts = tuple(
            [
                _pair_part(context, token, half, bool(sign), "f32")
                for token, half, sign in zip(
                    given[1:], flags(ins, select, default, count), flags(ins, negate, 0, count), strict=True
                )
            ]
            for select, negate, default in (("op_sel", "neg_lo", 0), ("op_sel_hi", "neg_hi", 1))
        )
        operation = context.float_mode.adapt(name, OPERATIONS[_PAIR_OPERATIONS[name]])
        function = after(operation, clamp_float).function if _clamp_of(ins) else operation.function
        return _sequence(_two_rows(context, function, (parts[0], parts[1]), given[0], "f32", guard))

    return bind_packed


for _name in _HALF_OPERATIONS:
    binder(_name)(_packed_halves(_name))
for _name in _PAIR_OPERATIONS:
    binder(_name)(_packed_pairs(_name))


@binder("v_pk_mov_b32")
def _packed_move(context: Context, ins: Instruction, guard: int | None) -> Step:
    """D.lo = S0's register op_sel[0], D.hi = S1's register op_sel[1]."""
    check_modifiers(ins, _SELECTS)
    given = [operand(token) for token in ins.operands]
    select = flags(ins, "op_sel", 0, 2)
    low, high = (_pair_part(context, given[1 + n], select[n], False, "u32") for n in (0, 1))
    return _sequence(_two_rows(context, np.positive, ([low], [high]), given[0], "u32", guard))


def _mix_sources(context: Context, ins: Instruction) -> list[Read]:
    given = [operand(token) for token in ins.operands[1:]]
    half, is_half = flags(ins, "op_sel", 0, 3), flags(ins, "op_sel_hi", 0, 3)
    return [_mix_source(context, token, half[n], bool(is_half[n])) for n, token in enumerate(given)]


def _mix_source(context: Context, token: Operand, half: int, is_half: bool) -> Read:
    if not is_half:
        return _single_source(context, token)
    bare = replace(token, negative=False, absolute=False, half=half if token.is_register else None)
    get = fetch(sources.read(context.slots, bare, "f16"))
    flushes = context.float_mode.flushes("f16", KEEP_SOURCES)

    def widened(r: Rows) -> Any:
        value = get(r)
        value = (flushed(value) if flushes else value).astype(np.float32)
        value = np.absolute(value) if token.absolute else value
        return np.negative(value) if token.negative else value

    return widened


def _single_source(context: Context, token: Operand) -> Read:
    plain = sources.read(context.slots, token, "f32")
    if not context.float_mode.flushes("f32", KEEP_SOURCES):
        return plain
    get = fetch(plain)
    return lambda r: flushed(get(r))


def _clamp_of(ins: Instruction) -> bool:
    return "clamp" in ins.modifiers


@binder("v_fma_mix_f32")
def _mix_f32(context: Context, ins: Instruction, guard: int | None) -> Step:
    """Fused multiply-add in f32 of sources that are f32 or halves of registers."""
    check_modifiers(ins, _SELECTS | {"clamp"})
    function = context.float_mode.around(_mix_function(_clamp_of(ins)), ("u32",) * 3, ("f32",))
    out = targets.row(context.slots, ins.operand(0), "f32", guard, 0)
    return assemble(function, _mix_sources(context, ins), [out], guard)


def _mix_function(clamp: bool) -> Function:
    return after(OPERATIONS["v_fma_f32"], clamp_float).function if clamp else fma32


def _mix_half(half: int) -> Callable[[Context, Instruction, int | None], Step]:
    def bind_mix(context: Context, ins: Instruction, guard: int | None) -> Step:
        """The same, rounded to f32 and then to f16 in one half of the destination; the other half is kept."""
        check_modifiers(ins, _SELECTS | {"clamp"})
        flushes = context.float_mode.flushes("f16", KEEP_RESULTS)
        fused, wide = _mix_function(_clamp_of(ins)), context.slots("t", 4, "<f4")
        token = replace(ins.operand(0), half=half)
        out = targets.half(context.slots, token, "f16", guard, False)
        gets = [fetch(read) for read in _mix_sources(context, ins)]

        def step(r: Rows) -> None:
            fused(*[get(r) for get in gets], r[wide])
            np.copyto(r[out.slot], r[wide], casting="same_kind")
            if flushes:
                np.copyto(r[out.slot], flushed(r[out.slot]))
            if out.commit is not None:
                out.commit(r)

        return step

    return bind_mix


binder("v_fma_mixlo_f16")(_mix_half(0))
binder("v_fma_mixhi_f16")(_mix_half(1))


def _signed_dot(width: int) -> Callable[[Context, Instruction, int | None], Step]:
    def bind_dot(context: Context, ins: Instruction, guard: int | None) -> Step:
        """D = S2 + dot(S0, S1); neg_lo says which of the two hold signed parts."""
        check_modifiers(ins, frozenset({"neg_lo"}))
        first, second, *_ = flags(ins, "neg_lo", 0, 3)
        function = dot4 if width == 8 and first and second else dot_parts(width, bool(first), bool(second))
        kinds = ("u32", "u32", "i32")
        reads = [sources.read(context.slots, ins.operand(1 + n), kind, n) for n, kind in enumerate(kinds)]
        return assemble(function, reads, [targets.row(context.slots, ins.operand(0), "i32", guard, 0)], guard)

    return bind_dot


binder("v_dot4_i32_iu8")(_signed_dot(8))
binder("v_dot8_i32_iu4")(_signed_dot(4))
