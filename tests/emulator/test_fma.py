"""Fused multiply-add against exact rational arithmetic."""

import struct
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.emulator.ops.fma import fma16, fma32, fma64

FORMATS = {np.float16: ("<e", 11, -24), np.float32: ("<f", 24, -149), np.float64: ("<d", 53, -1074)}


def _rounded(exact: Fraction, kind: type) -> float:
    """To nearest even in the format, from the exact value."""
    _, precision, lowest = FORMATS[kind]
    if not exact:
        return 0.0
    size = abs(exact)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if Fraction(2) ** exponent > size:
        exponent -= 1
    unit = Fraction(2) ** max(exponent - precision + 1, lowest)
    value = float(round(exact / unit) * unit)
    with np.errstate(over="ignore"):
        return float(kind(value))


def _pattern(kind: type) -> st.SearchStrategy[float]:
    width = np.dtype(kind).itemsize
    letter = FORMATS[kind][0]
    return (
        st.integers(0, 2 ** (8 * width) - 1)
        .map(lambda bits: float(struct.unpack(letter, bits.to_bytes(width, "little"))[0]))
        .filter(np.isfinite)
    )


def _check(kind: type, function: object, a: float, b: float, c: float) -> None:
    out = np.zeros((1, 1), kind)
    arrays = [np.full((1, 1), x, kind) for x in (a, b, c)]
    with np.errstate(all="ignore"):
        function(*arrays, out)  # type: ignore[operator]
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    try:
        expected = _rounded(exact, kind)
    except OverflowError:
        expected = np.inf if exact > 0 else -np.inf
    assert float(out[0, 0]) == expected


@settings(max_examples=400, deadline=None)
@given(*[_pattern(np.float32)] * 3)
def test_f32(a: float, b: float, c: float) -> None:
    _check(np.float32, fma32, a, b, c)


@settings(max_examples=200, deadline=None)
@given(st.integers(-(2**24), 2**24), st.integers(-(2**24), 2**24), st.sampled_from([1, -1]), st.integers(-149, 0))
def test_f32_near_ties(a: int, b: int, sign: int, exponent: int) -> None:
    """A product that ends in a half of the last place, and a tiny addend that decides."""
    _check(np.float32, fma32, float(np.float32(a)), float(np.float32(b)), sign * 2.0**exponent)


@settings(max_examples=200, deadline=None)
@given(*[_pattern(np.float16)] * 3)
def test_f16(a: float, b: float, c: float) -> None:
    _check(np.float16, fma16, a, b, c)


@settings(max_examples=100, deadline=None)
@given(*[_pattern(np.float64)] * 3)
def test_f64(a: float, b: float, c: float) -> None:
    _check(np.float64, fma64, a, b, c)
