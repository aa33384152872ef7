"""Vector operations on floating point numbers, all with one rounding of the exact result."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from tests.opcodes.cases import Case, case
from tests.opcodes.numbers import Value, add, divide, finite, fma, maximum, minimum, mul, rounded, square_root
from tests.opcodes.table_integer import clamp

Function = Callable[..., Any]
FLOATS = ("f16", "f32", "f64")
_LOW = {"open_high": ("gfx90a",)}
"""16-bit operations whose treatment of the other half on gfx9 is not documented."""


def _arithmetic(kind: str) -> Iterator[Case]:
    one, two, three = f"{kind} = {kind}", f"{kind} = {kind} {kind}", f"{kind} = {kind} {kind} {kind}"
    yield case(f"v_add_{kind}", two, add)
    yield case(f"v_mul_{kind}", two, mul)
    yield case(f"v_fma_{kind}", three, fma, **(_LOW if kind == "f16" else {}))
    yield case(f"v_max_{kind}", two, maximum)
    yield case(f"v_min_{kind}", two, minimum)
    accumulated = f"{kind} = {kind} {kind} acc:{kind}"
    fmac = {"f16": "-|v_fmac_f16|v_fmac_f16", "f32": "v_fmac_f32", "f64": "v_fmac_f64|-|-"}[kind]
    yield case(fmac, accumulated, fma)
    if kind != "f64":
        yield case(f"v_sub_{kind}", two, lambda a, b: add(a, -b))
        yield case(f"v_subrev_{kind}", two, lambda a, b: add(b, -a))
        yield from _three_way(kind, three)
    approximate = {"tolerance": 1, "open_denormals": True}
    yield case(f"v_rcp_{kind}", one, lambda a: divide(1.0, a), **approximate)
    yield case(f"v_sqrt_{kind}", one, lambda a: square_root(a, kind), **approximate)
    yield case(f"v_rsq_{kind}", one, _inverse_root, **approximate)


def _three_way(kind: str, three: str) -> Iterator[Case]:
    free = _LOW if kind == "f16" else {}
    yield case(f"v_min3_{kind}", three, lambda a, b, c: minimum(minimum(a, b), c), **free)
    yield case(f"v_max3_{kind}", three, lambda a, b, c: maximum(maximum(a, b), c), **free)
    yield case(f"v_med3_{kind}", three, median_float, **free)
    yield case(f"-|-|v_maxmin_{kind}", three, lambda a, b, c: minimum(maximum(a, b), c))
    yield case(f"-|-|v_minmax_{kind}", three, lambda a, b, c: maximum(minimum(a, b), c))


def median_float(a: float, b: float, c: float) -> float:
    """ISA text: the smallest when one is a NaN, else the largest of the two that are not the maximum."""
    if any(map(math.isnan, (a, b, c))):
        return minimum(minimum(a, b), c)
    largest = maximum(maximum(a, b), c)
    return maximum(b, c) if largest == a else maximum(a, c) if largest == b else maximum(a, b)


def _inverse_root(a: float) -> Value:
    if a == 0:
        return math.copysign(math.inf, a)
    if math.isinf(a) and a > 0:
        return 0.0
    root = square_root(a, "f64")
    return 1 / root if isinstance(root, Fraction) else math.nan


def _fraction(a: float, kind: str) -> Value:
    """Below 1 even where rounding would reach it."""
    if not math.isfinite(a):
        return math.nan
    exact = Fraction(a) - math.floor(a)
    below_one = 1 - Fraction(1, 2 ** {"f16": 11, "f32": 24, "f64": 53}[kind])
    return min(exact, below_one) if exact else 0.0


def _ldexp(a: float, exponent: int) -> Value:
    return Fraction(a) * Fraction(2) ** clamp(exponent, -5000, 5000) if math.isfinite(a) and a else a


def _same_sign(function: Callable[[float], float]) -> Callable[[float], Value]:
    """A rounding to integers: zero results keep the operand's sign."""
    return finite(lambda a: math.copysign(float(function(a)), a))


def _rounding(kind: str) -> Iterator[Case]:
    one = f"{kind} = {kind}"
    yield case(f"v_trunc_{kind}", one, _same_sign(math.trunc))
    yield case(f"v_floor_{kind}", one, _same_sign(math.floor))
    yield case(f"v_ceil_{kind}", one, _same_sign(math.ceil))
    yield case(f"v_rndne_{kind}", one, _same_sign(round))
    yield case(f"v_fract_{kind}", one, lambda a: _fraction(a, kind))
    yield case(f"v_frexp_mant_{kind}", one, finite(lambda a: math.frexp(a)[0]))
    exponent = "i16" if kind == "f16" else "i32"
    yield case(f"v_frexp_exp_{exponent}_{kind}", f"{exponent} = {kind}", _exponent)
    yield case(f"v_ldexp_{kind}", f"{kind} = {kind} {exponent}", _ldexp)


def _exponent(a: float) -> int:
    return math.frexp(a)[1] if math.isfinite(a) else 0


def _exponential(kind: str) -> Iterator[Case]:
    one, approximate = f"{kind} = {kind}", {"tolerance": 1, "open_denormals": True}
    yield case(f"v_exp_{kind}", one, _exp2, **approximate)
    yield case(f"v_log_{kind}", one, _log2, **approximate)


def _exp2(a: float) -> Value:
    if math.isnan(a) or a == math.inf:
        return a
    if a < -300:
        return 0.0
    return math.inf if a >= 200 else 2.0**a


def _log2(a: float) -> float:
    if math.isnan(a) or a < 0:
        return math.nan
    if a == 0:
        return -math.inf
    return math.log2(a) if math.isfinite(a) else a


def _saturated(bits: int, *, is_signed: bool, direction: Callable[[float], int] = math.trunc) -> Callable[[float], int]:
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if is_signed else (0, (1 << bits) - 1)

    def convert(a: float) -> int:
        if math.isnan(a):
            return 0
        if math.isinf(a):
            return high if a > 0 else low
        return clamp(direction(a), low, high)

    return convert


def _to_integers() -> Iterator[Case]:
    for kind in ("f32", "f64"):
        yield case(f"v_cvt_i32_{kind}", f"i32 = {kind}", _saturated(32, is_signed=True))
        yield case(f"v_cvt_u32_{kind}", f"u32 = {kind}", _saturated(32, is_signed=False))
    yield case("v_cvt_i16_f16", "i16 = f16", _saturated(16, is_signed=True), **_LOW)
    yield case("v_cvt_u16_f16", "u16 = f16", _saturated(16, is_signed=False), **_LOW)
    nearest = _saturated(32, is_signed=True, direction=lambda a: math.floor(Fraction(a) + Fraction(1, 2)))
    yield case("v_cvt_rpi_i32_f32|v_cvt_rpi_i32_f32|v_cvt_nearest_i32_f32", "i32 = f32", nearest)
    down = _saturated(32, is_signed=True, direction=math.floor)
    yield case("v_cvt_flr_i32_f32|v_cvt_flr_i32_f32|v_cvt_floor_i32_f32", "i32 = f32", down)


def _from_integers() -> Iterator[Case]:
    for kind in ("f32", "f64"):
        yield case(f"v_cvt_{kind}_i32", f"{kind} = i32", Fraction)
        yield case(f"v_cvt_{kind}_u32", f"{kind} = u32", Fraction)
    yield case("v_cvt_f16_i16", "f16 = i16", Fraction)
    yield case("v_cvt_f16_u16", "f16 = u16", Fraction)
    for i in range(4):
        yield case(f"v_cvt_f32_ubyte{i}", "f32 = u32", lambda a, i=i: Fraction(a >> 8 * i & 255))


def _between_floats() -> Iterator[Case]:
    yield case("v_cvt_f32_f16", "f32 = f16", lambda a: a)
    yield case("v_cvt_f16_f32", "f16 = f32", lambda a: a)
    yield case("v_cvt_f64_f32", "f64 = f32", lambda a: a)
    yield case("v_cvt_f32_f64", "f32 = f64", lambda a: a)
    yield case("v_cvt_pkrtz_f16_f32|v_cvt_pkrtz_f16_f32|v_cvt_pk_rtz_f16_f32", "u32 = f32 f32", _toward_zero_pair)


def _toward_zero_pair(a: float, b: float) -> int:
    return _half_toward_zero(a) | _half_toward_zero(b) << 16


def _half_toward_zero(a: float) -> int:
    """Bits of the half nearest to zero among the two around `a`; a finite number never becomes infinite."""
    sign = int(math.copysign(1, a) < 0) << 15
    if math.isnan(a):
        return 0x7E00 | sign
    magnitude = abs(a)
    if math.isinf(magnitude):
        return sign | 0x7C00
    code = max(c for c in _candidates(magnitude) if rounded_half(c) <= magnitude)
    return sign | code


def _candidates(magnitude: float) -> range:
    """Codes of halves near a non-negative number, always with one that is not above it."""
    if magnitude >= 65504:
        return range(0x7BFF, 0x7C00)
    if magnitude < 2.0**-14:
        code = int(magnitude / 2.0**-24)
    else:
        mantissa, exponent = math.frexp(magnitude)
        code = (exponent + 14) << 10 | int(mantissa * 2048) & 1023
    return range(max(0, code - 1), code + 2)


def rounded_half(code: int) -> float:
    """The value of a non-negative half."""
    exponent, fraction = code >> 10, code & 1023
    return math.ldexp(fraction, -24) if not exponent else math.ldexp(1024 + fraction, exponent - 25)


def mad(a: float, b: float, c: float) -> Value:
    """Product and sum rounded separately."""
    return add(rounded(mul(a, b), "f32"), c)


def _special() -> Iterator[Case]:
    three, accumulated = "f32 = f32 f32 f32", "f32 = f32 f32 acc:f32"
    yield case("v_mad_f32|-|-", three, mad, open_denormals=True)
    yield case("v_mac_f32|-|-", accumulated, mad, open_denormals=True)
    legacy = "v_mul_legacy_f32|v_mul_legacy_f32|v_mul_dx9_zero_f32"
    yield case(legacy, "f32 = f32 f32", lambda a, b: 0.0 if 0 in (a, b) else mul(a, b))
    yield case("v_rcp_iflag_f32", "f32 = f32", lambda a: divide(1.0, a), tolerance=1, open_denormals=True)
    turn = {"absolute": 2.0**-20, "open_denormals": True}
    yield case("v_sin_f32", "f32 = f32", lambda a: _wave(math.sin, a), **turn)
    yield case("v_cos_f32", "f32 = f32", lambda a: _wave(math.cos, a), **turn)


def _wave(function: Callable[[float], float], turns: float) -> float | None:
    """Sine or cosine of an angle in turns; documents disagree on more than 256 of them."""
    if not math.isfinite(turns):
        return math.nan
    return function(2 * math.pi * float(Fraction(turns) % 1)) if abs(turns) <= 256 else None


def float_cases() -> Iterator[Case]:
    """All of them."""
    for kind in FLOATS:
        yield from _arithmetic(kind)
        yield from _rounding(kind)
    for kind in ("f16", "f32"):
        yield from _exponential(kind)
    for family in (_to_integers, _from_integers, _between_floats, _special):
        yield from family()
