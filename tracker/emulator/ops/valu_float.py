"""Vector operations on f32 and f64."""

from typing import Any

import numpy as np

from tracker.emulator.floatmode import flushed
from tracker.emulator.operation import define
from tracker.emulator.ops.fma import fma32, fma64
from tracker.emulator.ops.valu_int import larger, smaller

F32, I32, U32 = np.float32, np.int32, np.uint32


def maximum(a: Any, b: Any, out: Any) -> None:
    """IEEE maximumNumber: a NaN operand loses, +0 is greater than -0."""
    _extreme(np.fmax, np.bitwise_and, a, b, out)


def minimum(a: Any, b: Any, out: Any) -> None:
    """IEEE minimumNumber: a NaN operand loses, -0 is less than +0."""
    _extreme(np.fmin, np.bitwise_or, a, b, out)


def _extreme(pick: Any, zeros: Any, a: Any, b: Any, out: Any) -> None:
    chosen = np.asarray(pick(a, b))
    both_zero = (a == 0) & (b == 0)
    if both_zero.any():
        bits = f"<u{a.itemsize}"
        np.copyto(chosen.view(bits), zeros(a.view(bits), b.view(bits)), where=both_zero)
    np.copyto(out, chosen)


def _three(first: Any, second: Any) -> Any:
    def function(a: Any, b: Any, c: Any, out: Any) -> None:
        middle = np.empty(np.broadcast_shapes(a.shape, b.shape), a.dtype)
        first(a, b, middle)
        second(middle, c, out)

    return function


def median(a: Any, b: Any, c: Any, out: Any) -> None:
    """The middle one of three; with a NaN among them the smallest number (ISA, v_med3)."""
    first, largest, smallest, others = (
        np.empty(np.broadcast_shapes(a.shape, b.shape, c.shape), a.dtype) for _ in "1234"
    )
    maximum(a, b, first)
    maximum(first, c, largest)
    minimum(a, b, smallest)
    minimum(smallest, c, smallest)
    middle = first.copy()
    for kept, pair in ((largest == b, (a, c)), (largest == a, (b, c))):
        maximum(*pair, others)
        np.copyto(middle, others, where=kept)
    unordered = np.isnan(a) | np.isnan(b) | np.isnan(c)
    np.copyto(out, np.where(unordered, smallest, middle))


def _legacy(a: Any, b: Any, out: Any) -> None:
    np.copyto(out, np.where((a == 0) | (b == 0), F32(0), a * b))


def _mad(a: Any, b: Any, c: Any, out: Any) -> None:
    """Multiply, round, add, round; without denormals, whatever the float mode is."""
    np.copyto(out, flushed(flushed(a) * flushed(b) + flushed(c)))


def _fma_legacy(a: Any, b: Any, c: Any, out: Any) -> None:
    zero = (a == 0) | (b == 0)
    fused = np.empty(out.shape, F32)
    fma32(a, b, c, fused)
    np.copyto(out, np.where(zero, c + F32(0), fused))


def _frexp_mantissa(a: Any, out: Any) -> None:
    np.copyto(out, np.where(np.isfinite(a), np.frexp(a)[0], a))


def _frexp_exponent(a: Any, out: Any) -> None:
    np.copyto(out, np.where(np.isfinite(a), np.frexp(a)[1], 0), casting="unsafe")


def _fract(a: Any, out: Any) -> None:
    one_below = np.nextafter(a.dtype.type(1), a.dtype.type(0))
    np.copyto(out, np.minimum(a - np.floor(a), one_below))


def _from_f64(function: Any) -> Any:
    """A function evaluated in f64 and rounded to f32: right but for the rarest near-ties."""
    return lambda a, d: np.copyto(d, function(a.astype(np.float64)), casting="same_kind")


def _reciprocal(a: Any, out: Any) -> None:
    np.divide(a.dtype.type(1), a, out)


def _rsqrt64(a: Any) -> Any:
    return 1.0 / np.sqrt(a)


def _turns(function: Any) -> Any:
    """Sine and cosine of the hardware take turns, not radians."""
    return _from_f64(lambda a: function((a - np.floor(a)) * (2 * np.pi)))


def _ldexp(a: Any, n: Any, out: Any) -> None:
    np.copyto(out, np.ldexp(a, n))


def _div_scale(a: Any, b: Any, c: Any, out: Any, scaled: Any) -> None:
    # Together with _div_fixup: the division that the expansion computes, see `_div_fixup`.
    scaled[...] = False
    np.copyto(out, a)


def _div_fixup(a: Any, b: Any, c: Any, out: Any) -> None:
    """c / b in IEEE arithmetic: what the compiler's expansion (scale, rcp, fma …, fmas, fixup) yields for any v_rcp
    within 1 ulp."""
    np.divide(c, b, out)


# f32
define("v_add_f32", "f32", "f32 f32", np.add)
define("v_sub_f32", "f32", "f32 f32", np.subtract)
define("v_subrev_f32", "f32", "f32 f32", lambda a, b, d: np.subtract(b, a, d))
define("v_mul_f32", "f32", "f32 f32", np.multiply)
define("v_mul_legacy_f32 v_mul_dx9_zero_f32", "f32", "f32 f32", _legacy)
define("v_fma_f32 v_fmaak_f32", "f32", "f32 f32 f32", fma32)
define("v_fmamk_f32", "f32", "f32 f32 f32", fma32)
define("v_fmac_f32", "f32", "f32 f32 acc:f32", fma32)
define("v_fma_legacy_f32 v_fma_dx9_zero_f32", "f32", "f32 f32 f32", _fma_legacy)
define("v_fmac_legacy_f32 v_fmac_dx9_zero_f32", "f32", "f32 f32 acc:f32", _fma_legacy)
define("v_mad_f32 v_madak_f32 v_madmk_f32", "f32", "f32 f32 f32", _mad)
define("v_mac_f32", "f32", "f32 f32 acc:f32", _mad)
define("v_max_f32 v_max_num_f32", "f32", "f32 f32", maximum)
define("v_min_f32 v_min_num_f32", "f32", "f32 f32", minimum)
define("v_max3_f32 v_max3_num_f32", "f32", "f32 f32 f32", _three(maximum, maximum))
define("v_min3_f32 v_min3_num_f32", "f32", "f32 f32 f32", _three(minimum, minimum))
define("v_maxmin_f32 v_maxmin_num_f32", "f32", "f32 f32 f32", _three(maximum, minimum))
define("v_minmax_f32 v_minmax_num_f32", "f32", "f32 f32 f32", _three(minimum, maximum))
define("v_med3_f32 v_med3_num_f32", "f32", "f32 f32 f32", median)
define("v_maximum_f32", "f32", "f32 f32", larger)
define("v_minimum_f32", "f32", "f32 f32", smaller)
define("v_trunc_f32", "f32", "f32", np.trunc)
define("v_ceil_f32", "f32", "f32", np.ceil)
define("v_floor_f32", "f32", "f32", np.floor)
define("v_rndne_f32", "f32", "f32", np.rint)
define("v_fract_f32", "f32", "f32", _fract)
define("v_rcp_f32 v_rcp_iflag_f32", "f32", "f32", _reciprocal)
define("v_sqrt_f32", "f32", "f32", np.sqrt)
define("v_rsq_f32", "f32", "f32", _from_f64(_rsqrt64))
define("v_exp_f32", "f32", "f32", _from_f64(np.exp2))
define("v_log_f32", "f32", "f32", _from_f64(np.log2))
define("v_sin_f32", "f32", "f32", _turns(np.sin))
define("v_cos_f32", "f32", "f32", _turns(np.cos))
define("v_ldexp_f32", "f32", "f32 i32", _ldexp)
define("v_frexp_mant_f32", "f32", "f32", _frexp_mantissa)
define("v_frexp_exp_i32_f32", "i32", "f32", _frexp_exponent)
define("v_div_scale_f32", "f32 mask", "f32 f32 f32", _div_scale)
define("v_div_fmas_f32", "f32", "f32 f32 f32 vcc", lambda a, b, c, m, d: fma32(a, b, c, d))
define("v_div_fixup_f32", "f32", "f32 f32 f32", _div_fixup)

# f64
define("v_add_f64", "f64", "f64 f64", np.add)
define("v_mul_f64", "f64", "f64 f64", np.multiply)
define("v_fma_f64", "f64", "f64 f64 f64", fma64)
define("v_fmac_f64", "f64", "f64 f64 acc:f64", fma64)
define("v_max_f64 v_max_num_f64", "f64", "f64 f64", maximum)
define("v_min_f64 v_min_num_f64", "f64", "f64 f64", minimum)
define("v_trunc_f64", "f64", "f64", np.trunc)
define("v_ceil_f64", "f64", "f64", np.ceil)
define("v_floor_f64", "f64", "f64", np.floor)
define("v_rndne_f64", "f64", "f64", np.rint)
define("v_fract_f64", "f64", "f64", _fract)
define("v_rcp_f64", "f64", "f64", _reciprocal)
define("v_sqrt_f64", "f64", "f64", np.sqrt)
define("v_rsq_f64", "f64", "f64", lambda a, d: np.copyto(d, _rsqrt64(a)))
define("v_ldexp_f64", "f64", "f64 i32", _ldexp)
define("v_frexp_mant_f64", "f64", "f64", _frexp_mantissa)
define("v_frexp_exp_i32_f64", "i32", "f64", _frexp_exponent)
define("v_div_scale_f64", "f64 mask", "f64 f64 f64", _div_scale)
define("v_div_fmas_f64", "f64", "f64 f64 f64 vcc", lambda a, b, c, m, d: fma64(a, b, c, d))
define("v_div_fixup_f64", "f64", "f64 f64 f64", _div_fixup)
