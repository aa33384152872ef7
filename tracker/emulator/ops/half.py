"""16-bit vector operations, integer and f16. Which half, and what happens to the other, is the target's business."""

from typing import Any

import numpy as np

from tracker.emulator.operation import define
from tracker.emulator.ops.fma import fma16
from tracker.emulator.ops.valu_float import _frexp_mantissa, _ldexp, maximum, median, minimum
from tracker.emulator.ops.valu_int import larger, smaller

F32, I16 = np.float32, np.int16


def in_f32(function: Any) -> Any:
    """An f16 operation by way of f32: for + - * / sqrt the second rounding is harmless (24 >= 2 * 11 + 2)."""

    def one(a: Any, out: Any) -> None:
        np.copyto(out, function(a.astype(F32)), casting="same_kind")

    def two(a: Any, b: Any, out: Any) -> None:
        np.copyto(out, function(a.astype(F32), b.astype(F32)), casting="same_kind")

    return one if function.nin == 1 else two


def _reciprocal(a: Any, out: Any) -> None:
    np.copyto(out, 1.0 / a.astype(np.float64), casting="same_kind")


def _wide(function: Any) -> Any:
    return lambda a, d: np.copyto(d, function(a.astype(np.float64)), casting="same_kind")


def _fract(a: Any, out: Any) -> None:
    wide = a.astype(np.float64)
    below_one = float(np.nextafter(np.float16(1), np.float16(0)))
    np.copyto(out, np.minimum(wide - np.floor(wide), below_one), casting="same_kind")


def _saturated(function: Any, kind: Any) -> Any:
    info = np.iinfo(kind)

    def clamped(*arguments: Any) -> None:
        *sources, out = arguments
        wide = function(*(source.astype(np.int64) for source in sources))
        np.copyto(out, np.clip(wide, info.min, info.max), casting="unsafe")

    return clamped


def _three(first: Any, second: Any) -> Any:
    def function(a: Any, b: Any, c: Any, out: Any) -> None:
        middle = np.empty(np.broadcast_shapes(a.shape, b.shape), a.dtype)
        first(a, b, middle)
        second(middle, c, out)

    return function


def _med3(a: Any, b: Any, c: Any, out: Any) -> None:
    np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c), out=out)


def _frexp_exponent(a: Any, out: Any) -> None:
    np.copyto(out, np.where(np.isfinite(a), np.frexp(a.astype(F32))[1], 0), casting="unsafe")


def _pack(a: Any, b: Any, out: Any) -> None:
    np.bitwise_or(a.view(np.uint16), b.view(np.uint16).astype(np.uint32) << np.uint32(16), out)


# Integers
define("v_mov_b16", "u16", "u16", np.positive)
define("v_not_b16", "u16", "u16", np.invert)
define("v_and_b16", "u16", "u16 u16", np.bitwise_and)
define("v_or_b16", "u16", "u16 u16", np.bitwise_or)
define("v_xor_b16", "u16", "u16 u16", np.bitwise_xor)
define("v_cndmask_b16", "f16", "f16 f16 mask", lambda a, b, m, d: np.copyto(d, np.where(m, b, a)))
define("v_lshlrev_b16", "u16", "c4 u16", lambda n, a, d: np.left_shift(a, n, d))
define("v_lshrrev_b16", "u16", "c4 u16", lambda n, a, d: np.right_shift(a, n, d))
define("v_ashrrev_i16", "i16", "c4 i16", lambda n, a, d: np.right_shift(a, n.astype(I16), d))
define("v_add_nc_u16 v_add_nc_i16", "u16", "u16 u16", np.add)
define("v_sub_nc_u16 v_sub_nc_i16", "u16", "u16 u16", np.subtract)
define("v_subrev_nc_u16", "u16", "u16 u16", lambda a, b, d: np.subtract(b, a, d))
define("v_mul_lo_u16", "u16", "u16 u16", np.multiply)
define("v_mad_u16 v_mad_i16", "u16", "u16 u16 u16", lambda a, b, c, d: np.add(a * b, c, d), keeps_half=True)
for _kind in ("i16", "u16"):
    define(f"v_min_{_kind}", _kind, f"{_kind} {_kind}", smaller)
    define(f"v_max_{_kind}", _kind, f"{_kind} {_kind}", larger)
    _source3 = f"{_kind} {_kind} {_kind}"
    define(f"v_min3_{_kind}", _kind, _source3, _three(smaller, smaller), keeps_half=True)
    define(f"v_max3_{_kind}", _kind, _source3, _three(larger, larger), keeps_half=True)
    define(f"v_med3_{_kind}", _kind, _source3, _med3, keeps_half=True)

# Saturating forms, chosen by the `clamp` modifier
define("v_add_nc_u16+clamp", "u16", "u16 u16", _saturated(np.add, np.uint16))
define("v_sub_nc_u16+clamp", "u16", "u16 u16", _saturated(np.subtract, np.uint16))
define("v_add_nc_i16+clamp", "i16", "i16 i16", _saturated(np.add, np.int16))
define("v_mad_u16+clamp", "u16", "u16 u16 u16", _saturated(lambda a, b, c: a * b + c, np.uint16), keeps_half=True)
define("v_mad_i16+clamp", "i16", "i16 i16 i16", _saturated(lambda a, b, c: a * b + c, np.int16), keeps_half=True)
define("v_mul_lo_u16+clamp", "u16", "u16 u16", _saturated(np.multiply, np.uint16))
define("v_sub_nc_i16+clamp", "i16", "i16 i16", _saturated(np.subtract, np.int16))

# f16
define("v_add_f16", "f16", "f16 f16", in_f32(np.add))
define("v_sub_f16", "f16", "f16 f16", in_f32(np.subtract))
define("v_subrev_f16", "f16", "f16 f16", lambda a, b, d: in_f32(np.subtract)(b, a, d))
define("v_mul_f16", "f16", "f16 f16", in_f32(np.multiply))
define("v_fma_f16", "f16", "f16 f16 f16", fma16, keeps_half=True)
define("v_fmac_f16", "f16", "f16 f16 acc:f16", fma16, keeps_half=True)
define("v_fmaak_f16 v_fmamk_f16", "f16", "f16 f16 f16", fma16, keeps_half=True)
define("v_mad_legacy_u16 v_mad_legacy_i16", "u16", "u16 u16 u16", lambda a, b, c, d: np.add(a * b, c, d))
define("v_fma_legacy_f16", "f16", "f16 f16 f16", fma16)
define("v_max_f16 v_max_num_f16", "f16", "f16 f16", maximum)
define("v_min_f16 v_min_num_f16", "f16", "f16 f16", minimum)
define("v_max3_f16 v_max3_num_f16", "f16", "f16 f16 f16", _three(maximum, maximum), keeps_half=True)
define("v_min3_f16 v_min3_num_f16", "f16", "f16 f16 f16", _three(minimum, minimum), keeps_half=True)
define("v_med3_f16 v_med3_num_f16", "f16", "f16 f16 f16", median, keeps_half=True)
define("v_maxmin_f16 v_maxmin_num_f16", "f16", "f16 f16 f16", _three(maximum, minimum))
define("v_minmax_f16 v_minmax_num_f16", "f16", "f16 f16 f16", _three(minimum, maximum))
define("v_frexp_exp_i16_f16", "i16", "f16", _frexp_exponent)
define("v_trunc_f16", "f16", "f16", in_f32(np.trunc))
define("v_ceil_f16", "f16", "f16", in_f32(np.ceil))
define("v_floor_f16", "f16", "f16", in_f32(np.floor))
define("v_rndne_f16", "f16", "f16", in_f32(np.rint))
define("v_fract_f16", "f16", "f16", _fract)
define("v_sqrt_f16", "f16", "f16", in_f32(np.sqrt))
define("v_rcp_f16", "f16", "f16", _reciprocal)
define("v_rsq_f16", "f16", "f16", _wide(lambda a: 1.0 / np.sqrt(a)))
define("v_exp_f16", "f16", "f16", _wide(np.exp2))
define("v_log_f16", "f16", "f16", _wide(np.log2))
define("v_ldexp_f16", "f16", "f16 i16", _ldexp)
define("v_frexp_mant_f16", "f16", "f16", _frexp_mantissa)
define("v_div_fixup_f16", "f16", "f16 f16 f16", lambda a, b, c, d: np.divide(c, b, d), keeps_half=True)
define("v_pack_b32_f16", "u32", "f16 f16", _pack)
