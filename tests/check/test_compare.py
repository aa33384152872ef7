"""Metrics on known numbers, NaN and infinities included."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.contracts.base import Expectation
from tracker.check.compare import compare


def bounded(
    reference: list[float], got: list[float], scale: float = 1.0, bound: float = 1e-6
) -> tuple[dict[str, float], bool]:
    expectation = Expectation("dst", "float32", np.array(reference, np.float64), np.full(len(reference), scale), bound)
    result = compare(expectation, np.array(got, "<f4").view(np.uint8))
    json.dumps(result.worst, allow_nan=False)
    return result.worst, result.mismatch is None


def exact(reference: list[float], got: list[float]) -> tuple[dict[str, float], bool]:
    expectation = Expectation("y", "float32", np.array(reference, np.float32))
    result = compare(expectation, np.array(got, "<f4").view(np.uint8))
    json.dumps(result.worst, allow_nan=False)
    return result.worst, result.mismatch is None


def test_metrics_of_a_known_error() -> None:
    worst, holds = bounded([1.0, 2.0, 4.0], [1.0, 2.5, 4.0], scale=8.0)
    assert not holds
    assert worst["abs"] == 0.5 and worst["rel"] == 0.25 and worst["cw"] == 0.0625
    assert worst["nmse"] == pytest.approx(0.25 / 21)
    assert worst["bad"] == 1 and worst["bound"] == 1e-6


def test_one_ulp_is_one_also_across_zero_and_for_half() -> None:
    tiny = float(np.nextafter(np.float32(0), np.float32(1)))
    assert exact([1.0], [float(np.nextafter(np.float32(1), np.float32(2)))])[0]["ulp"] == 1
    assert exact([tiny], [-tiny])[0]["ulp"] == 2
    half = Expectation("y", "float16", np.array([1.0], np.float16))
    assert compare(half, np.array([1.0 + 2**-10], "<f2").view(np.uint8)).worst["ulp"] == 1


def test_nan_expected_equals_nan_got_and_infinities_must_match() -> None:
    for judge in (exact, bounded):
        assert judge([math.nan, math.inf, -math.inf, 1.0], [math.nan, math.inf, -math.inf, 1.0])[1]


@pytest.mark.parametrize("reference", [math.nan, math.inf, -math.inf, 0.0, 1.0])
@pytest.mark.parametrize("got", [math.nan, math.inf, -math.inf, 0.0, 1.0])
def test_any_other_non_finite_pair_is_bad(reference: float, got: float) -> None:
    equal = reference == got or (reference != reference and got != got)
    for judge in (exact, bounded):
        worst, holds = judge([reference, 3.0], [got, 3.0])
        assert holds == equal
        assert worst["bad"] == (not equal)


def test_a_scale_of_zero_allows_no_error() -> None:
    assert bounded([0.0], [0.0], scale=0.0)[1]
    worst, holds = bounded([0.0], [1e-30], scale=0.0)
    assert not holds and worst["cw"] > 1


def test_zero_may_have_either_sign_and_nothing_else_may_differ() -> None:
    assert exact([0.0], [-0.0])[1]
    assert not exact([1.0], [-1.0])[1]


def test_elements_left_open_are_not_judged() -> None:
    expectation = Expectation("vy", "uint8", np.array([1, 2, 3], np.uint8), compared=np.array([True, False, True]))
    assert compare(expectation, np.array([1, 99, 3], np.uint8)).mismatch is None
    bad = compare(expectation, np.array([1, 99, 4], np.uint8)).mismatch
    assert bad is not None and (bad.index, bad.bad, bad.total) == (2, 1, 2)


def test_a_buffer_of_another_size_is_a_bug_of_the_check() -> None:
    with pytest.raises(ValueError, match="contract expects 3"):
        compare(Expectation("y", "float32", np.zeros(3, np.float32)), np.zeros(8, np.uint8))


floats = st.floats(width=32)


@given(st.lists(st.tuples(floats, floats), min_size=1, max_size=20))
def test_exact_comparison_is_equality_of_bits_but_for_zeros_and_nans(pairs: list[tuple[float, float]]) -> None:
    left, right = (np.array(side, np.float32) for side in zip(*pairs, strict=True))
    canonical = [np.where(np.isnan(a), np.float32(np.nan), a + np.float32(0)).view(np.uint32) for a in (left, right)]
    assert exact(left.tolist(), right.tolist())[1] == bool(np.array_equal(*canonical))


@given(st.lists(st.tuples(floats, floats), min_size=1, max_size=20), st.floats(0, 1e10))
def test_metrics_are_always_numbers_that_json_can_hold(pairs: list[tuple[float, float]], scale: float) -> None:
    left, right = zip(*pairs, strict=True)
    worst, holds = bounded(list(left), list(right), scale)
    assert holds == (worst["bad"] == 0)
