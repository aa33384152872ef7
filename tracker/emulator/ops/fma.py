"""Fused multiply-add with one rounding, for f32 through f64 and for f64 through error-free transformations.

f32: the product of two f32 is exact in f64; the sum is rounded to f64 and then to f32. Rounding twice differs from
rounding once only where the f64 sum is inexact and lies half way between two f32 (Figueroa). Those elements are found
by their bits and get the sum rounded to odd instead, which makes the second rounding right (Boldo and Melquiond).
"""

from fractions import Fraction
from math import inf, isfinite
from typing import Any

import numpy as np

# 0-d arrays: numpy takes them as operands faster than scalars.
_LOW29, _HALF = np.array(0x1FFFFFFF, np.uint64), np.array(0x10000000, np.uint64)
_SMALLEST_NORMAL = np.array(2.0**-126)


def wide_sum(product: Any, c: Any) -> Any:
    """product + c (f64 arrays), such that a further rounding to f32 gives the correctly rounded exact sum."""
    total = np.asarray(product + c)
    near_tie = np.equal(total.view(np.uint64) & _LOW29, _HALF)
    tiny = np.less(np.absolute(total), _SMALLEST_NORMAL)
    if np.count_nonzero(tiny):
        near_tie |= tiny & (total != 0)
    if np.count_nonzero(near_tie):
        at = np.flatnonzero(near_tie)
        p, q = _elements(product, at, total.shape), _elements(c, at, total.shape)
        total.put(at, odd_sum(p, q.astype(np.float64)))
    return total


def _elements(term: Any, at: Any, shape: tuple[int, ...]) -> Any:
    """Elements of an array that broadcasts to `shape`, by their number there."""
    return (term if term.shape == shape else np.broadcast_to(term, shape)).reshape(-1).take(at)


def odd_sum(p: Any, q: Any) -> Any:
    """p + q rounded to odd: where the f64 sum is inexact and even, the neighbour toward the exact sum."""
    s = p + q
    # TwoSum (Knuth): s + error == p + q exactly.
    virtual = s - p
    error = (p - (s - virtual)) + (q - virtual)
    if not np.count_nonzero(error):
        return s
    even = (s.view(np.uint64) & np.uint64(1)) == 0
    fix = np.isfinite(s) & (error != 0) & even
    return np.where(fix, np.nextafter(s, np.where(error > 0, np.inf, -np.inf)), s)


def fma32(a: Any, b: Any, c: Any, out: Any) -> None:
    """out = a * b + c in f32, rounded once."""
    np.copyto(out, wide_sum(np.multiply(a, b, dtype=np.float64), c), casting="same_kind")


def fma64(a: Any, b: Any, c: Any, out: Any) -> None:
    """out = a * b + c in f64, rounded once. Exact arithmetic on Python integers; slow and rare."""
    shape = out.shape
    flat = [np.broadcast_to(np.asarray(x, np.float64), shape).ravel().tolist() for x in (a, b, c)]
    np.copyto(out, np.array([_fma64(*abc) for abc in zip(*flat, strict=True)]).reshape(shape))


def _fma64(a: float, b: float, c: float) -> float:
    if not (isfinite(a) and isfinite(b)):
        return float(np.float64(a) * np.float64(b) + np.float64(c))
    if not isfinite(c):
        # The exact product is finite even where it would round to infinity.
        return c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if not exact:
        # The sign of an exact zero follows IEEE: that of the addends if they agree, else +.
        return a * b + c
    try:
        return exact.numerator / exact.denominator
    except OverflowError:
        return inf if exact > 0 else -inf


def fma16(a: Any, b: Any, c: Any, out: Any) -> None:
    """out = a * b + c in f16. The f64 value is so close to the exact one that rounding it once more is right."""
    total = np.multiply(a, b, dtype=np.float64) + c
    np.copyto(out, total, casting="same_kind")
