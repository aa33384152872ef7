"""Conversions between integers and floats."""

from typing import Any

import numpy as np

from tracker.emulator.operation import define

U32 = np.uint32


def to_integer(rounding: Any, kind: str) -> Any:
    """Round, then saturate to the integer type; NaN gives 0."""
    info = np.iinfo(kind)

    def function(a: Any, out: Any) -> None:
        value = np.clip(rounding(a.astype(np.float64)), float(info.min), float(info.max))
        np.copyto(out, np.where(np.isnan(value), 0.0, value), casting="unsafe")

    return function


def _half_up(a: Any) -> Any:
    return np.floor(a + 0.5)


def cast(a: Any, out: Any) -> None:
    """Convert to the out's type, to nearest even."""
    np.copyto(out, a, casting="unsafe")


def _byte(number: int) -> Any:
    shift = U32(8 * number)
    return lambda a, d: np.copyto(d, (a >> shift) & U32(255), casting="unsafe")


def _rtz_half(a: Any) -> Any:
    """f32 to f16 bits, toward zero."""
    near = a.astype(np.float16)
    over = np.absolute(near.astype(np.float32)) > np.absolute(a)
    return near.view(np.uint16) - over.astype(np.uint16)


def _pkrtz(a: Any, b: Any, out: Any) -> None:
    np.bitwise_or(_rtz_half(a), _rtz_half(b).astype(U32) << U32(16), out)


def _pack16(kind: str, scale: float, rounding: Any = np.rint) -> Any:
    convert = to_integer(rounding, kind)

    def half(a: Any) -> Any:
        out = np.empty(a.shape, kind)
        convert(np.clip(a.astype(np.float64), -1 if kind == "i2" else 0, 1) * scale, out)
        return out.view(np.uint16).astype(U32)

    return lambda a, b, d: np.bitwise_or(half(a), half(b) << U32(16), d)


def _pack_integers(kind: str) -> Any:
    info = np.iinfo(kind)

    def half(a: Any) -> Any:
        return np.clip(a, info.min, info.max).astype(kind).view(np.uint16).astype(U32)

    return lambda a, b, d: np.bitwise_or(half(a), half(b) << U32(16), d)


def _pack_byte(a: Any, position: Any, old: Any, out: Any) -> None:
    byte = np.empty(a.shape, U32)
    to_integer(np.rint, "u1")(a, byte)
    shift = (position & U32(3)) * U32(8)
    np.bitwise_or(old & ~(U32(255) << shift), byte << shift, out)


define("v_cvt_f32_i32", "f32", "i32", cast)
define("v_cvt_f32_u32", "f32", "u32", cast)
define("v_cvt_f64_i32", "f64", "i32", cast)
define("v_cvt_f64_u32", "f64", "u32", cast)
define("v_cvt_f64_f32", "f64", "f32", cast)
define("v_cvt_f32_f64", "f32", "f64", cast)
define("v_cvt_i32_f32", "i32", "f32", to_integer(np.trunc, "i4"))
define("v_cvt_u32_f32", "u32", "f32", to_integer(np.trunc, "u4"))
define("v_cvt_i32_f64", "i32", "f64", to_integer(np.trunc, "i4"))
define("v_cvt_u32_f64", "u32", "f64", to_integer(np.trunc, "u4"))
define("v_cvt_nearest_i32_f32", "i32", "f32", to_integer(_half_up, "i4"))
define("v_cvt_floor_i32_f32", "i32", "f32", to_integer(np.floor, "i4"))
for _number in range(4):
    define(f"v_cvt_f32_ubyte{_number}", "f32", "u32", _byte(_number))
define("v_cvt_pk_rtz_f16_f32", "u32", "f32 f32", _pkrtz)
define("v_cvt_pk_norm_i16_f32", "u32", "f32 f32", _pack16("i2", 32767.0))
define("v_cvt_pk_norm_u16_f32", "u32", "f32 f32", _pack16("u2", 65535.0))
define("v_cvt_pk_i16_i32", "u32", "i32 i32", _pack_integers("i2"))
define("v_cvt_pk_u16_u32", "u32", "u32 u32", _pack_integers("u2"))
define("v_cvt_pk_u8_f32", "u32", "f32 u32 u32", _pack_byte)

define("v_cvt_f32_f16", "f32", "f16", cast)
define("v_cvt_f16_f32", "f16", "f32", cast)
define("v_cvt_f16_i16", "f16", "i16", cast)
define("v_cvt_f16_u16", "f16", "u16", cast)
define("v_cvt_i16_f16", "i16", "f16", to_integer(np.trunc, "i2"))
define("v_cvt_u16_f16", "u16", "f16", to_integer(np.trunc, "u2"))
define("v_cvt_i32_i16", "i32", "i16", cast)
define("v_cvt_u32_u16", "u32", "u16", cast)
