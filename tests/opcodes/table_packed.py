"""Pairs of halves and of singles, mixed precision and dot products, with their selection and sign modifiers.

A `pk:TYPE` operand is two elements; the meaning is that of one element and applies to both. `lo:f16` and `hi:f16` are
halves of a result register whose other half stays on every arch.
"""

from collections.abc import Iterator

from tests.opcodes.cases import Case, case
from tests.opcodes.numbers import Value, add, decode, fma, maximum, minimum, mul, rounded
from tests.opcodes.table_integer import signed

Flags = tuple[int, int, int]


def _integers() -> Iterator[Case]:
    u, i = "pk:u16 = pk:u16 pk:u16", "pk:i16 = pk:i16 pk:i16"
    yield case("v_pk_add_u16", u, lambda a, b: a + b)
    yield case("v_pk_sub_u16", u, lambda a, b: a - b)
    yield case("v_pk_add_i16", i, lambda a, b: a + b)
    yield case("v_pk_sub_i16", i, lambda a, b: a - b)
    yield case("v_pk_mul_lo_u16", u, lambda a, b: a * b)
    yield case("v_pk_mad_u16", "pk:u16 = pk:u16 pk:u16 pk:u16", lambda a, b, c: a * b + c)
    yield case("v_pk_mad_i16", "pk:i16 = pk:i16 pk:i16 pk:i16", lambda a, b, c: a * b + c)
    for kind in ("i16", "u16"):
        yield case(f"v_pk_min_{kind}", f"pk:{kind} = pk:{kind} pk:{kind}", min)
        yield case(f"v_pk_max_{kind}", f"pk:{kind} = pk:{kind} pk:{kind}", max)
    yield case("v_pk_lshlrev_b16", u, lambda n, a: a << (n & 15))
    yield case("v_pk_lshrrev_b16", u, lambda n, a: a >> (n & 15))
    yield case("v_pk_ashrrev_i16", "pk:i16 = pk:u16 pk:i16", lambda n, a: a >> (n & 15))


def _floats() -> Iterator[Case]:
    two, three = "pk:f16 = pk:f16 pk:f16", "pk:f16 = pk:f16 pk:f16 pk:f16"
    yield case("v_pk_add_f16", two, add)
    yield case("v_pk_mul_f16", two, mul)
    yield case("v_pk_min_f16", two, minimum)
    yield case("v_pk_max_f16", two, maximum)
    yield case("v_pk_fma_f16", three, fma)
    two, three = two.replace("f16", "f32"), three.replace("f16", "f32")
    yield case("v_pk_add_f32|-|-", two, add)
    yield case("v_pk_mul_f32|-|-", two, mul)
    yield case("v_pk_fma_f32|-|-", three, fma)
    yield case("v_pk_mov_b32|-|-", "u64 = u64 u64", lambda a, b: a & 0xFFFFFFFF | b << 32)
    yield case("v_pk_mov_b32|-|-", "u64 = u64 u64", lambda a, b: a >> 32 | b >> 32 << 32, suffix="op_sel:[1,1]")


def _mixed() -> Iterator[Case]:
    """Sources are 32-bit registers read as singles or as one of their halves."""
    three = "u32 u32 u32"
    yield case("v_fma_mix_f32", "f32 = f32 f32 f32", fma)
    for lows, highs in (((0, 0, 0), (1, 1, 0)), ((1, 0, 1), (1, 1, 1)), ((0, 1, 0), (0, 1, 0))):
        suffix = f"op_sel:{_list(lows)} op_sel_hi:{_list(highs)}"
        yield case("v_fma_mix_f32", f"f32 = {three}", Mixed(lows, highs), suffix=suffix)
        yield case("v_fma_mixlo_f16", f"lo:f16 = {three}", MixedHalf(lows, highs), suffix=suffix)
        yield case("v_fma_mixhi_f16", f"hi:f16 = {three}", MixedHalf(lows, highs), suffix=suffix)
    mixed = Mixed((0, 0, 0), (1, 1, 0), (-1, 1, -1))
    options = {"suffix": "op_sel_hi:[1,1,0]", "forms": ("-{}", "{}", "-{}")}
    yield case("v_fma_mix_f32", f"f32 = {three}", mixed, **options)


def _list(flags: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, flags))}]"


class Mixed:
    """One fused multiply-add of selected sources; exact, so that it rounds once."""

    def __init__(self, lows: Flags, highs: Flags, signs: Flags = (1, 1, 1)) -> None:
        self.choices = tuple(zip(lows, highs, signs, strict=True))

    def __call__(self, *registers: int) -> Value:
        return fma(*(self.source(r, *c) for r, c in zip(registers, self.choices, strict=True)))

    @staticmethod
    def source(register: int, low: int, high: int, sign: int) -> float:
        """A single, or with `high` the half that `low` selects."""
        return sign * float(decode(register >> 16 * low, "f16") if high else decode(register, "f32"))


class MixedHalf:
    """The same, rounded to single and then to half (ISA text of v_fma_mixlo_f16)."""

    def __init__(self, lows: Flags, highs: Flags) -> None:
        self.mixed = Mixed(lows, highs)

    def __call__(self, *registers: int) -> Value:
        return rounded(self.mixed(*registers), "f32")


def _fields(word: int, size: int, is_signed: bool) -> list[int]:
    pieces = [word >> i & ((1 << size) - 1) for i in range(0, 32, size)]
    return [signed(p, size) for p in pieces] if is_signed else pieces


class Dot:
    """Sum of products of fields plus an accumulator."""

    def __init__(self, size: int, first: bool, second: bool) -> None:
        self.size, self.first, self.second = size, first, second

    def __call__(self, a: int, b: int, c: int) -> int:
        left, right = _fields(a, self.size, self.first), _fields(b, self.size, self.second)
        return sum(x * y for x, y in zip(left, right, strict=True)) + c


def _dots() -> Iterator[Case]:
    three, accumulated = "u32 = u32 u32 u32", "u32 = u32 u32 acc:u32"
    yield case("v_dot4c_i32_i8|v_dot4c_i32_i8|-", accumulated, Dot(8, True, True))
    yield case("v_dot4_i32_i8|v_dot4_i32_i8|-", three, Dot(8, True, True))
    yield case("v_dot4_u32_u8", three, Dot(8, False, False))
    yield case("v_dot8_i32_i4|v_dot8_i32_i4|-", three, Dot(4, True, True))
    yield case("v_dot8_u32_u4", three, Dot(4, False, False))
    yield case("v_dot2_i32_i16|v_dot2_i32_i16|-", three, Dot(16, True, True))
    yield case("v_dot2_u32_u16|v_dot2_u32_u16|-", three, Dot(16, False, False))
    for first in (0, 1):
        for second in (0, 1):
            suffix = f"neg_lo:[{first},{second},0]" if first or second else ""
            yield case("-|-|v_dot4_i32_iu8", three, Dot(8, bool(first), bool(second)), suffix=suffix)
            yield case("-|-|v_dot8_i32_iu4", three, Dot(4, bool(first), bool(second)), suffix=suffix)


def packed_cases() -> Iterator[Case]:
    """All of them."""
    yield from _integers()
    yield from _floats()
    yield from _mixed()
    yield from _dots()
