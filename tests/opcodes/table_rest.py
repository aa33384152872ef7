"""Vector operations of older or newer targets, and those with a constant, a lane number or a loose definition."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

from tests.opcodes.cases import Case, case
from tests.opcodes.numbers import Value, add, decode, fma, maximum, minimum, mul, rounded
from tests.opcodes.table_float import mad, median_float
from tests.opcodes.table_integer import M64, clamp, signed
from tests.opcodes.table_packed import Dot

_HALF_OPEN = {"open_high": ("gfx90a",)}


def _constants() -> Iterator[Case]:
    """K in place of the addend (`ak`) or of the second factor (`mk`)."""
    two = 2.5
    for kind, bits in (("f32", 0x40200000), ("f16", 0x4100)):
        ak, mk = f"{kind} = {kind} {kind} imm", f"{kind} = {kind} imm {kind}"
        gfx9 = "-"
        yield case(f"{gfx9}|v_fmaak_{kind}|v_fmaak_{kind}", ak, lambda a, b: fma(a, b, two), immediate=bits)
        yield case(f"{gfx9}|v_fmamk_{kind}|v_fmamk_{kind}", mk, lambda a, c: fma(a, two, c), immediate=bits)
    options = {"immediate": 0x40200000, "open_denormals": True}
    yield case("v_madak_f32|-|-", "f32 = f32 f32 imm", lambda a, b: mad(a, b, two), **options)
    yield case("v_madmk_f32|-|-", "f32 = f32 imm f32", lambda a, c: mad(a, two, c), **options)


def _legacy(a: float, b: float, c: float) -> Value:
    """A product with a zero factor is 0, whatever the other one is."""
    return add(0.0, c) if 0 in (a, b) else fma(a, b, c)


def _zeros() -> Iterator[Case]:
    three, accumulated = "f32 = f32 f32 f32", "f32 = f32 f32 acc:f32"
    yield case("-|v_fma_legacy_f32|v_fma_dx9_zero_f32", three, _legacy)
    yield case("-|v_fmac_legacy_f32|v_fmac_dx9_zero_f32", accumulated, _legacy)


def _gfx9() -> Iterator[Case]:
    yield case("v_mad_legacy_i16|-|-", "i16 = i16 i16 i16", lambda a, b, c: a * b + c)
    yield case("v_fma_legacy_f16|-|-", "f16 = f16 f16 f16", fma)
    yield case("v_dot8c_i32_i4|-|-", "u32 = u32 u32 acc:u32", Dot(4, True, True))
    yield case("v_dot2c_i32_i16|-|-", "u32 = u32 u32 acc:u32", Dot(16, True, True))
    yield case(
        "gfx942=v_lshl_add_u64", "u64 = u64 u32 u64", lambda a, n, c: (a << (n & 7)) + c if (n & 7) < 5 else None
    )
    yield case("gfx942=v_mov_b64", "u64 = u64", lambda a: a)


def _gfx12() -> Iterator[Case]:
    for kind in ("f16", "f32", "f64"):
        two = f"{kind} = {kind} {kind}"
        yield case(f"gfx1201=v_max_num_{kind}", two, maximum)
        yield case(f"gfx1201=v_min_num_{kind}", two, minimum)
        if kind != "f64":
            yield from _gfx12_three(kind)
    for name, function in (("maximum", maximum), ("minimum", minimum)):
        yield case(f"gfx1201=v_{name}_f32", "f32 = f32 f32", _propagating(function))
    yield case("gfx1201=v_max_u32", "u32 = u32 u32", max)
    yield case("gfx1201=v_pk_max_num_f16", "pk:f16 = pk:f16 pk:f16", maximum)
    yield case("gfx1201=v_pk_min_num_f16", "pk:f16 = pk:f16 pk:f16", minimum)
    yield case("gfx1201=v_lshlrev_b64", "u64 = u32 u64", lambda n, a: a << (n & 63) & M64)


def _gfx12_three(kind: str) -> Iterator[Case]:
    three = f"{kind} = {kind} {kind} {kind}"
    yield case(f"gfx1201=v_max3_num_{kind}", three, lambda a, b, c: maximum(maximum(a, b), c))
    yield case(f"gfx1201=v_min3_num_{kind}", three, lambda a, b, c: minimum(minimum(a, b), c))
    yield case(f"gfx1201=v_med3_num_{kind}", three, median_float)
    yield case(f"gfx1201=v_maxmin_num_{kind}", three, lambda a, b, c: minimum(maximum(a, b), c))
    yield case(f"gfx1201=v_minmax_num_{kind}", three, lambda a, b, c: maximum(minimum(a, b), c))


def _propagating(function: Callable[[float, float], float]) -> Callable[[float, float], float]:
    return lambda a, b: math.nan if math.isnan(a) or math.isnan(b) else function(a, b)


def _lanes() -> Iterator[Case]:
    """Bits of a mask below the own lane, in its low and its high 32 bits."""
    low: Callable[..., int] = lambda a, b, lane: b + (a & (1 << min(lane, 32)) - 1).bit_count()  # noqa: E731
    high: Callable[..., int] = lambda a, b, lane: b + (a & (1 << max(lane - 32, 0)) - 1).bit_count()  # noqa: E731
    yield case("v_mbcnt_lo_u32_b32", "u32 = u32 u32 lane", low)
    yield case("v_mbcnt_hi_u32_b32", "u32 = u32 u32 lane", high)


def _norm(low: float, scale: int) -> Callable[[float], int | None]:
    """Numbers of [low, 1] as integers; None where the direction of rounding would matter."""

    def convert(a: float) -> int | None:
        if math.isnan(a):
            return 0
        exact = Fraction(clamp(a, low, 1.0)) * scale  # type: ignore[arg-type]
        return round(exact) if abs(exact % 1 - Fraction(1, 2)) > Fraction(1, 4) or exact.denominator == 1 else None

    return convert


def _both(convert: Callable[[float], int | None]) -> Callable[[float, float], int | None]:
    def pair(a: float, b: float) -> int | None:
        low, high = convert(a), convert(b)
        return None if low is None or high is None else low & 0xFFFF | (high & 0xFFFF) << 16

    return pair


def _packed_byte(a: float, number: int, old: int) -> int | None:
    if math.isfinite(a) and a != int(a):
        return None
    value = 0 if math.isnan(a) else int(clamp(a, 0, 255))  # type: ignore[arg-type]
    shift = 8 * (number & 3)
    return old & ~(255 << shift) | value << shift


def _loose() -> Iterator[Case]:
    names = "v_cvt_pknorm_{0}16_f32|v_cvt_pknorm_{0}16_f32|v_cvt_pk_norm_{0}16_f32"
    yield case(names.format("i"), "u32 = f32 f32", _both(_norm(-1.0, 32767)))
    yield case(names.format("u"), "u32 = f32 f32", _both(_norm(0.0, 65535)))
    yield case("v_cvt_pk_u8_f32", "u32 = f32 u32 u32", _packed_byte)
    three, accumulated = "f32 = u32 u32 f32", "f32 = u32 u32 acc:f32"
    yield case("v_dot2_f32_f16", three, _dot2)
    yield case("v_dot2c_f32_f16|v_dot2c_f32_f16|v_dot2acc_f32_f16", accumulated, _dot2)


def _dot2(a: int, b: int, c: float) -> Value | None:
    """Two products of halves and an addend, where every order of rounding gives the same."""
    parts = [mul(float(decode(a >> i, "f16")), float(decode(b >> i, "f16"))) for i in (0, 16)]
    terms = [float(part) for part in parts] + [c]
    if not all(map(math.isfinite, terms)) or any(0 < abs(t) < 2.0**-126 for t in terms):
        return None
    exact = sum(map(Fraction, terms))
    partial = [x + y for x, y in ((terms[0], terms[1]), (terms[0], c), (terms[1], c))]
    if any(rounded(Fraction(x), "f32") != x for x in [*partial, float(exact)]) or Fraction(float(exact)) != exact:
        return None
    return exact or None


def _clamped_sums() -> Iterator[Case]:
    """Saturation of the remaining integer operations that have it."""
    size = 1 << 32
    unsigned: Callable[[int], int] = lambda x: clamp(x, 0, size - 1)  # noqa: E731
    both: Callable[[int], int] = lambda x: clamp(x, -size // 2, size // 2 - 1)  # noqa: E731
    options = {"suffix": "clamp"}
    names = "v_subrev_u32|v_subrev_nc_u32|v_subrev_nc_u32"
    yield case(names, "u32 = u32 u32", lambda a, b: unsigned(b - a), **options)
    yield case("v_mul_lo_u16|v_mul_lo_u16|-", "u16 = u16 u16", lambda a, b: clamp(a * b, 0, 65535), **options)
    three = "i32 = i32 i32 i32"
    yield case("v_mad_i32_i24", three, lambda a, b, c: both(signed(a, 24) * signed(b, 24) + c), **options)
    yield case("v_mad_u32_u16", "u32 = u16 u16 u32", lambda a, b, c: unsigned(a * b + c), **options)
    yield case("v_mad_i32_i16", "i32 = i16 i16 i32", lambda a, b, c: both(a * b + c), **options)
    for kind in ("u16", "i16"):
        low, high = (0, 65535) if kind == "u16" else (-32768, 32767)
        signature = f"{kind} = {kind} {kind} {kind}"
        saturated = lambda a, b, c, low=low, high=high: clamp(a * b + c, low, high)  # noqa: E731
        yield case(f"v_mad_{kind}", signature, saturated, **options, **_HALF_OPEN)
    dots = {"v_dot4_i32_i8|v_dot4_i32_i8|-": (8, True), "v_dot8_i32_i4|v_dot8_i32_i4|-": (4, True)}
    dots |= {"v_dot4_u32_u8": (8, False), "v_dot8_u32_u4": (4, False)}
    for names, (bits, is_signed) in dots.items():
        dot, limit, kind = Dot(bits, is_signed, is_signed), both if is_signed else unsigned, "iu"[not is_signed] + "32"
        total = lambda a, b, c, dot=dot, limit=limit: limit(dot(a, b, c))  # noqa: E731
        yield case(names, f"{kind} = u32 u32 {kind}", total, **options)


def rest_cases() -> Iterator[Case]:
    """All of them."""
    for family in (_constants, _zeros, _gfx9, _gfx12, _lanes, _loose, _clamped_sums):
        yield from family()
