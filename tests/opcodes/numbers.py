"""Machine number formats: bits to Python values and back, with one rounding to nearest even.

Integers are Python ints. Floats come as Python floats (every f16, f32 and f64 is one exactly); an operation may return
a float or, where the exact result is not a double, a Fraction.
"""

import math
import struct
from collections.abc import Callable
from fractions import Fraction

Value = int | float | Fraction

_FLOATS = {"f16": (11, -14, 15, "<e"), "f32": (24, -126, 127, "<f"), "f64": (53, -1022, 1023, "<d")}
"""Precision in bits, smallest and largest exponent of a normal number, struct format."""


def width(kind: str) -> int:
    """Bits of a type such as `i16` or `f64`."""
    return int(kind[1:])


def decode(bits: int, kind: str) -> Value:
    """The value that `bits` (at least as wide as the type; the rest is cut off) means."""
    bits &= (1 << width(kind)) - 1
    if kind[0] == "f":
        size = width(kind) // 8
        number: float = struct.unpack(_FLOATS[kind][3], bits.to_bytes(size, "little"))[0]
        return number
    if kind[0] == "i" and bits >> (width(kind) - 1):
        return bits - (1 << width(kind))
    return bits


def encode(value: Value, kind: str) -> int:
    """Bits of a result: integers wrap, floats round once. All NaNs give the same bits."""
    if kind[0] != "f":
        return int(value) & ((1 << width(kind)) - 1)
    if isinstance(value, Fraction):
        return _round(value, kind)
    if math.isnan(value):
        return _special(kind, 0) | 1 << (_FLOATS[kind][0] - 2)
    if math.isinf(value) or value == 0:
        return _special(kind, int(math.copysign(1, value) < 0)) if value else _zero(kind, value)
    return _round(Fraction(value), kind)


def _zero(kind: str, value: float) -> int:
    return int(math.copysign(1, value) < 0) << (width(kind) - 1)


def _special(kind: str, negative: int) -> int:
    """Infinity."""
    precision = _FLOATS[kind][0]
    exponent = (1 << (width(kind) - precision)) - 1
    return negative << (width(kind) - 1) | exponent << (precision - 1)


def _round(value: Fraction, kind: str) -> int:
    precision, lowest, highest, _ = _FLOATS[kind]
    negative, magnitude = int(value < 0), abs(value)
    if not magnitude:
        return 0
    exponent = max(_exponent(magnitude), lowest)
    unit = exponent - precision + 1
    count = round(magnitude / Fraction(2) ** unit)  # Python rounds halves to even
    if count >> precision:
        exponent, count = exponent + 1, count >> 1
    if exponent > highest:
        return _special(kind, negative)
    hidden = 1 << (precision - 1)
    biased = exponent - lowest + 1 if count & hidden else 0
    return negative << (width(kind) - 1) | biased << (precision - 1) | (count & (hidden - 1))


def _exponent(magnitude: Fraction) -> int:
    """The e with 2^e <= magnitude < 2^(e+1)."""
    guess = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    return guess if Fraction(2) ** guess <= magnitude else guess - 1


def is_nan(bits: int, kind: str) -> bool:
    """True for every NaN of a float type."""
    if kind[0] != "f":
        return False
    return (bits & ((1 << (width(kind) - 1)) - 1)) > _special(kind, 0)


def rounded(value: Value, kind: str) -> float:
    """A value after one rounding to `kind`."""
    return float(decode(encode(value, kind), kind))


# Exact arithmetic. Operands are Python floats; zero results carry IEEE signs.


def fma(a: float, b: float, c: float) -> Value:
    """a * b + c without any rounding."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return a * b + c
    if not math.isfinite(c):
        return c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if exact:
        return exact
    product_sign = math.copysign(1, a) * math.copysign(1, b)
    both_negative = product_sign < 0 and math.copysign(1, c) < 0 and not c
    return -0.0 if both_negative else 0.0


def add(a: float, b: float) -> Value:
    """a + b without rounding."""
    return fma(a, 1.0, b)


def mul(a: float, b: float) -> Value:
    """a * b without rounding."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return a * b
    exact = Fraction(a) * Fraction(b)
    return exact if exact else math.copysign(1, a) * math.copysign(0.0, b)


def divide(a: float, b: float) -> Value:
    """a / b without rounding; IEEE results for zeros and infinities."""
    if math.isnan(a) or math.isnan(b) or (math.isinf(a) and math.isinf(b)) or (a == 0 and b == 0):
        return math.nan
    sign = math.copysign(1, a) * math.copysign(1, b)
    if math.isinf(a) or b == 0:
        return sign * math.inf
    if math.isinf(b) or a == 0:
        return sign * 0.0
    return Fraction(a) / Fraction(b)


def square_root(a: float, kind: str) -> Value:
    """sqrt(a), exact enough that rounding to `kind` is right: as an integer root with sticky bit."""
    if a < 0 or math.isnan(a):
        return math.nan
    if a == 0 or math.isinf(a):
        return a
    exact = Fraction(a)
    shift = 2 * (width(kind) + 1200)
    scaled = (exact.numerator << shift) // exact.denominator
    root = math.isqrt(scaled)
    sticky = Fraction(1, 2) if root * root != scaled or (exact.numerator << shift) % exact.denominator else 0
    return (root + sticky) / Fraction(2) ** (shift // 2)


def finite(function: Callable[[float], Value]) -> Callable[[float], Value]:
    """Infinities, NaNs and zeros pass through unchanged."""
    return lambda a: function(a) if math.isfinite(a) and a else a


def maximum(a: float, b: float) -> float:
    """IEEE maxNum with +0 above -0: a NaN operand loses."""
    if math.isnan(a) or math.isnan(b):
        return b if math.isnan(a) else a
    if a == b == 0:
        return a if math.copysign(1, a) > 0 else b
    return max(a, b)


def minimum(a: float, b: float) -> float:
    """IEEE minNum with -0 below +0: a NaN operand loses."""
    return -maximum(-a, -b)
