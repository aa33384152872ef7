"""Operations with modifiers: signs, clamp, selection of halves and bytes, choice of packed elements."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from tests.opcodes.cases import Case, case
from tests.opcodes.numbers import Value, add, fma, mul, rounded
from tests.opcodes.table_integer import clamp, signed


def _signs() -> Iterator[Case]:
    f32 = "f32 = f32 f32"
    yield case("v_add_f32", f32, lambda a, b: add(-a, b), forms=("-{}", "{}"))
    yield case("v_mul_f32", f32, lambda a, b: mul(a, abs(b)), forms=("{}", "|{}|"))
    yield case("v_mul_f32", f32, lambda a, b: mul(-abs(a), -b), forms=("-|{}|", "-{}"))
    yield case("v_add_f16", "f16 = f16 f16", lambda a, b: add(-a, abs(b)), forms=("-{}", "|{}|"))
    yield case("v_add_f64", "f64 = f64 f64", lambda a, b: add(-a, abs(b)), forms=("-{}", "|{}|"))
    forms = ("-{}", "|{}|", "-{}")
    yield case("v_fma_f32", "f32 = f32 f32 f32", lambda a, b, c: fma(-a, abs(b), -c), forms=forms)
    yield case("v_cmp_lt_f32", "mask = f32 f32", lambda a, b: abs(a) < -b, forms=("|{}|", "-{}"))
    yield case("v_cvt_i32_f32", "i32 = f32", _negative_to_integer, forms=("-{}",))
    negated = lambda a, b, m: b ^ 1 << 31 if m else a & ~(1 << 31)  # noqa: E731
    yield case("v_cndmask_b32", "u32 = u32 u32 mask", negated, forms=("|{}|", "-{}", "{}"))


def _negative_to_integer(a: float) -> int:
    if math.isnan(a):
        return 0
    return math.trunc(clamp_float(-a, -(2.0**31), 2.0**31 - 1))


def clamp_float(a: float, low: float, high: float) -> float:
    return min(max(a, low), high)


def _unit(kind: str, exact: Callable[..., Value]) -> Callable[..., Value]:
    """The rounded result brought into [0, 1]; NaN gives 0 (dx10_clamp)."""

    def clamped(*sources: float) -> Value:
        result = rounded(exact(*sources), kind)
        return 0.0 if math.isnan(result) or result <= 0 else min(result, 1.0)

    return clamped


def _saturated(exact: Callable[..., int], kind: str) -> Callable[..., int]:
    bits = int(kind[1:])
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if kind[0] == "i" else (0, (1 << bits) - 1)
    return lambda *sources: clamp(exact(*sources), low, high)


def _clamp_floats() -> Iterator[Case]:
    for kind in ("f32", "f16", "f64"):
        two = f"{kind} = {kind} {kind}"
        yield case(f"v_add_{kind}", two, _unit(kind, add), suffix="clamp")
        yield case(f"v_mul_{kind}", two, _unit(kind, mul), suffix="clamp")
    yield case("v_fma_f32", "f32 = f32 f32 f32", _unit("f32", fma), suffix="clamp")
    yield case("v_pk_add_f16", "pk:f16 = pk:f16 pk:f16", _unit("f16", add), suffix="clamp")


def _clamp_integers() -> Iterator[Case]:
    plus: Callable[..., int] = lambda a, b: a + b  # noqa: E731
    minus: Callable[..., int] = lambda a, b: a - b  # noqa: E731
    for kind, op, exact in (("u32", "add", plus), ("u32", "sub", minus), ("i32", "add", plus), ("i32", "sub", minus)):
        names = f"v_{op}_{kind}|v_{op}_nc_{kind}|v_{op}_nc_{kind}"
        yield case(names, f"{kind} = {kind} {kind}", _saturated(exact, kind), suffix="clamp")
    for kind, op, exact in (("u16", "add", plus), ("u16", "sub", minus), ("i16", "add", plus), ("i16", "sub", minus)):
        names, free = f"v_{op}_{kind}|v_{op}_nc_{kind}|v_{op}_nc_{kind}", ("gfx90a",) if kind == "i16" else ()
        saturated = _saturated(exact, kind)
        yield case(names, f"{kind} = {kind} {kind}", saturated, suffix="clamp", open_high=free)
        yield case(f"v_pk_{op}_{kind}", f"pk:{kind} = pk:{kind} pk:{kind}", saturated, suffix="clamp")
    three: Callable[..., int] = lambda a, b, c: (a & 0xFFFFFF) * (b & 0xFFFFFF) + c  # noqa: E731
    yield case("v_mad_u32_u24", "u32 = u32 u32 u32", _saturated(three, "u32"), suffix="clamp")


def _packed() -> Iterator[Case]:
    u, f = "pk:u16 = pk:u16 pk:u16", "pk:f16 = pk:f16 pk:f16"
    yield case("v_pk_add_u16", u, lambda a, b: a + b, suffix="op_sel:[1,0] op_sel_hi:[0,1]")
    yield case("v_pk_lshrrev_b16", u, lambda n, a: a >> (n & 15), suffix="op_sel:[1,0] op_sel_hi:[0,0]")
    yield case("v_pk_mul_f16", f, mul, suffix="op_sel:[0,1] op_sel_hi:[1,0] neg_lo:[1,0] neg_hi:[0,1]")
    fused = "pk:f16 = pk:f16 pk:f16 pk:f16"
    yield case("v_pk_fma_f16", fused, fma, suffix="op_sel:[0,1,1] op_sel_hi:[1,0,1] neg_lo:[0,0,1] neg_hi:[1,0,0]")
    single = "pk:f32 = pk:f32 pk:f32"
    yield case("v_pk_add_f32|-|-", single, add, suffix="op_sel:[0,1] op_sel_hi:[0,1] neg_lo:[0,1] neg_hi:[0,1]")
    yield case("v_pk_mul_f32|-|-", single, mul, suffix="op_sel:[1,0] op_sel_hi:[0,0]")
    fused = "pk:f32 = pk:f32 pk:f32 pk:f32"
    yield case("v_pk_fma_f32|-|-", fused, fma, suffix="op_sel:[1,0,1] op_sel_hi:[0,1,0] neg_lo:[0,0,1] neg_hi:[1,0,0]")


_SELECT: dict[str, tuple[int, int]] = {f"BYTE_{i}": (8 * i, 8) for i in range(4)}
_SELECT |= {"WORD_0": (0, 16), "WORD_1": (16, 16), "DWORD": (0, 32)}


def _part(word: int, select: str) -> int:
    low, size = _SELECT[select]
    return word >> low & ((1 << size) - 1)


def _signed_part(word: int, select: str) -> int:
    return signed(_part(word, select), _SELECT[select][1])


def _placed(result: int, select: str, old: int, unused: str) -> int:
    """`result` at the selected place, the rest of the register zero, kept or filled with its sign."""
    low, size = _SELECT[select]
    field = (1 << size) - 1
    if unused == "UNUSED_PRESERVE":
        return old & ~(field << low) | (result & field) << low
    if unused == "UNUSED_SEXT":
        return (signed(result, size) << low) & 0xFFFFFFFF
    return (result & field) << low


def _sdwa_case(names: str, exact: Callable[..., int], selects: tuple[str, ...], forms: tuple[str, ...] = ()) -> Case:
    """`selects`: destination, what becomes of its rest, then the sources."""
    to, unused, *sources = selects
    pick = [_signed_part if "sext" in form else _part for form in forms] or [_part, _part]
    count = len(sources)

    def meaning(*words: Any) -> int:
        values = [take(word, select) for take, word, select in zip(pick, words, sources, strict=False)]
        return _placed(exact(*values), to, words[count], unused)

    suffix = f"dst_sel:{to} dst_unused:{unused} " + " ".join(f"src{i}_sel:{s}" for i, s in enumerate(sources))
    signature = f"u32 = {'u32 ' * count}acc:u32"
    return case(names, signature, meaning, suffix=suffix, forms=(*forms, "{}") if forms else ())


def _sdwa() -> Iterator[Case]:
    pad, keep, sign = "UNUSED_PAD", "UNUSED_PRESERVE", "UNUSED_SEXT"
    add_names = "v_add_u32_sdwa|v_add_nc_u32_sdwa|-"
    plus: Callable[..., int] = lambda a, b: a + b  # noqa: E731
    both: Callable[..., int] = lambda a, b: a & b  # noqa: E731
    for i in range(4):
        yield _sdwa_case(add_names, plus, ("DWORD", pad, f"BYTE_{i}", "WORD_1"))
        yield _sdwa_case("v_and_b32_sdwa|v_and_b32_sdwa|-", both, (f"BYTE_{i}", keep, "DWORD", f"BYTE_{3 - i}"))
        yield _sdwa_case("v_or_b32_sdwa|v_or_b32_sdwa|-", lambda a, b: a | b, (f"BYTE_{i}", pad, "DWORD", "WORD_0"))
    yield _sdwa_case(add_names, plus, ("WORD_1", keep, "WORD_0", "WORD_1"))
    yield _sdwa_case(add_names, plus, ("WORD_0", sign, "BYTE_1", "BYTE_2"), ("sext({})", "{}"))
    yield _sdwa_case("v_sub_u32_sdwa|v_sub_nc_u32_sdwa|-", lambda a, b: a - b, ("BYTE_3", pad, "DWORD", "DWORD"))
    right: Callable[..., int] = lambda n, a: a >> (n & 31)  # noqa: E731
    yield _sdwa_case("v_lshrrev_b32_sdwa|v_lshrrev_b32_sdwa|-", right, ("BYTE_1", pad, "BYTE_0", "DWORD"))
    left: Callable[..., int] = lambda n, a: a << (n & 15)  # noqa: E731
    yield _sdwa_case("v_lshlrev_b16_sdwa|-|-", left, ("WORD_1", pad, "DWORD", "BYTE_0"))
    yield _sdwa_case("v_mul_u32_u24_sdwa|v_mul_u32_u24_sdwa|-", lambda a, b: a * b, ("DWORD", pad, "WORD_0", "WORD_1"))
    selected = "dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:{}"
    for i in range(4):
        suffix = selected.format(f"BYTE_{i}")
        taken = lambda a, i=i: float(signed(a >> 8 * i, 8))  # noqa: E731
        yield case("v_cvt_f32_i32_sdwa|v_cvt_f32_i32_sdwa|-", "f32 = u32", taken, suffix=suffix, forms=("sext({})",))
    half = "v_cvt_f32_f16_sdwa|v_cvt_f32_f16_sdwa|-"
    yield case(half, "f32 = pk:f16", lambda a: a[1], suffix=selected.format("WORD_1"))
    yield case(half, "f32 = pk:f16", lambda a: abs(a[0]), suffix=selected.format("WORD_0"), forms=("|{}|",))


def modifier_cases() -> Iterator[Case]:
    """All of them."""
    for family in (_signs, _clamp_floats, _clamp_integers, _packed, _sdwa):
        yield from family()
