"""Compares an output buffer with its expectation: which elements are bad, and by how much at worst."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.contracts.base import Expectation
from tracker.check.results import Mismatch

WINDOW = 3
"""Elements shown on both sides of the first bad one."""

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """`worst` holds only finite numbers; the metrics are taken over elements that are finite on both sides.

    `abs`: largest |out - ref|. `rel`: largest |out - ref| / |ref| where |ref| exceeds a tenth of the root mean square.
    `ulp`: largest distance in representable numbers of the buffer's element type. `nmse`: squared error over squared
    reference. `cw`: largest |out - ref| / scale, and `bound`, what it may be. `bad`: elements that do not hold.
    """

    worst: dict[str, float]
    mismatch: Mismatch | None


def compare(expectation: Expectation, data: NDArray[np.uint8]) -> Comparison:
    """Judge the bytes of a buffer. NaN expected equals NaN got; any other non-finite difference is bad."""
    got = data.view(expectation.element)
    reference = expectation.reference
    if got.shape != reference.shape:
        raise ValueError(f"{expectation.buffer}: {got.size} elements, the contract expects {reference.size}")
    counted = np.ones(got.shape, np.bool_) if expectation.compared is None else expectation.compared
    bad = counted & ~_holds(expectation, got)
    worst = _metrics(expectation, got, counted & np.isfinite(got) & np.isfinite(reference))
    worst["bad"] = float(np.count_nonzero(bad))
    return Comparison(worst, _mismatch(expectation, got, bad, int(np.count_nonzero(counted))))


def _holds(expectation: Expectation, got: NDArray[np.generic]) -> Mask:
    reference = expectation.reference
    if expectation.bound is None:
        return same(got, reference)
    with np.errstate(all="ignore"):
        near = _cw(got.astype(np.float64), reference.astype(np.float64), expectation.scale) <= expectation.bound
    finite = np.isfinite(got) & np.isfinite(reference)
    return np.where(finite, near, same(got.astype(np.float64), reference))


def same(left: NDArray[np.generic], right: NDArray[np.generic]) -> Mask:
    """Equal in every bit, except that a zero may have either sign and one NaN is as good as another."""
    return np.asarray((left == right) | ((left != left) & (right != right)))


def _cw(got: Floats, reference: Floats, scale: Floats | None) -> Floats:
    """Error by scale; where the scale is zero only an exact result has no error."""
    error = np.abs(got - reference)
    ratio = np.divide(error, scale if scale is not None else np.ones_like(error))
    return np.where(error == 0, 0.0, np.nan_to_num(ratio, nan=np.inf))


def _metrics(expectation: Expectation, got: NDArray[np.generic], where: Mask) -> dict[str, float]:
    out, ref = got[where].astype(np.float64), expectation.reference[where].astype(np.float64)
    if not out.size:
        return {}
    error, square = np.abs(out - ref), float(np.sum(ref * ref))
    large = np.abs(ref) > 0.1 * np.sqrt(square / ref.size)
    worst = {"abs": _largest(error), "rel": _largest(error[large] / np.abs(ref[large]))}
    if expectation.element != "uint8":
        worst["ulp"] = _largest(np.abs(_ordinal(got[where]) - _ordinal(ref.astype(expectation.element))))
        worst["nmse"] = min(float(np.sum(error * error)) / square, LARGEST) if square else 0.0
    if expectation.bound is not None:
        scale = None if expectation.scale is None else expectation.scale[where]
        with np.errstate(all="ignore"):
            worst["cw"] = _largest(_cw(out, ref, scale))
        worst["bound"] = expectation.bound
    return worst


LARGEST = float(np.finfo(np.float64).max)


def _largest(values: Floats | NDArray[np.int64]) -> float:
    """The maximum, cut to what a float64 can write down as a number; 0 of nothing."""
    return min(float(values.max(initial=0)), LARGEST)


def _ordinal(values: NDArray[np.generic]) -> NDArray[np.int64]:
    """Position of each float among all floats of its type, counted from zero, so that neighbours differ by one."""
    bits = np.ascontiguousarray(values).view(f"i{values.dtype.itemsize}").astype(np.int64)
    top = np.int64(1) << (8 * values.dtype.itemsize - 1)
    return np.where(bits < 0, -(bits + top), bits)


def _mismatch(expectation: Expectation, got: NDArray[np.generic], bad: Mask, total: int) -> Mismatch | None:
    if not bad.any():
        return None
    first = int(np.argmax(bad))
    near = range(max(0, first - WINDOW), min(got.size, first + WINDOW + 1))
    window = tuple((index, _text(expectation.reference[index]), _text(got[index])) for index in near)
    return Mismatch(
        expectation.buffer,
        first,
        _text(expectation.reference[first]),
        _text(got[first]),
        int(np.count_nonzero(bad)),
        total,
        window,
    )


def _text(value: np.generic) -> str:
    """A number with as many digits as tell float32 values apart."""
    return f"{value:.9g}" if isinstance(value, np.floating) else str(value)
