"""Dot products of bytes, nibbles and halves within each lane."""

from typing import Any

import numpy as np

from tracker.emulator.operation import define
from tracker.emulator.ops.fma import fma32
from tracker.emulator.ops.valu_int import whole

I32, U32, F32 = np.int32, np.uint32, np.float32
_SIXTEEN = np.array(16, I32)


def dot4(a: Any, b: Any, c: Any, out: Any) -> None:
    """out = c + sum of four products of signed bytes. a, b uint32, c and out int32."""
    x, y = (whole(v, out).view(np.int8).astype(np.int16) for v in (a, b))
    # Each product fits 16 bits; two lie in a 32-bit word and are added there, then the two words of a lane.
    pairs = np.multiply(x, y, x).view(I32)
    low = pairs << _SIXTEEN
    low >>= _SIXTEEN
    pairs >>= _SIXTEEN
    low += pairs
    np.add(low[:, 0::2] + low[:, 1::2], c, out)


def dot_parts(width: int, first_signed: bool, second_signed: bool) -> Any:
    """A dot product of the 32 / width parts of each lane; 32-bit wrap around."""
    up = I32(32 - width)

    def part(a: Any, number: int, signed: bool) -> Any:
        word = a.view(I32) << I32(32 - width * (number + 1))
        return word >> up if signed else (word.view(U32) >> U32(up)).view(I32)

    def function(a: Any, b: Any, c: Any, out: Any) -> None:
        x, y, total = whole(a, out), whole(b, out), c
        for number in range(32 // width):
            total = total + part(x, number, first_signed) * part(y, number, second_signed)
        np.copyto(out, total)

    return function


def _saturating(width: int, signed: bool) -> Any:
    low, high = (-(1 << 31), (1 << 31) - 1) if signed else (0, (1 << 32) - 1)
    kind = np.int64 if signed else np.uint64

    def function(a: Any, b: Any, c: Any, out: Any) -> None:
        x, y = whole(a, out), whole(b, out)
        total = np.broadcast_to(c, out.shape).astype(np.int64)
        for number in range(32 // width):
            left = (x << U32(32 - width * (number + 1))).view(I32 if signed else U32) >> (I32 if signed else U32)(
                32 - width
            )
            right = (y << U32(32 - width * (number + 1))).view(I32 if signed else U32) >> (I32 if signed else U32)(
                32 - width
            )
            total += left.astype(np.int64) * right.astype(np.int64)
        np.copyto(out, np.clip(total, low, high).astype(kind), casting="unsafe")

    return function


def dot2_halves(a: Any, b: Any, c: Any, out: Any) -> None:
    """out = c + a.lo * b.lo + a.hi * b.hi for f16 pairs, two fused steps in f32."""
    x, y = (whole(v, out).view(np.float16).astype(F32) for v in (a, b))
    partial = np.empty(out.shape, F32)
    fma32(x[:, 0::2], y[:, 0::2], c, partial)
    fma32(x[:, 1::2], y[:, 1::2], partial, out)


define("v_dot4c_i32_i8", "i32", "u32 u32 acc:i32", dot4)
define("v_dot4_i32_i8", "i32", "u32 u32 i32", dot4)
define("v_dot4_u32_u8", "i32", "u32 u32 i32", dot_parts(8, False, False))
define("v_dot8_i32_i4", "i32", "u32 u32 i32", dot_parts(4, True, True))
define("v_dot8c_i32_i4", "i32", "u32 u32 acc:i32", dot_parts(4, True, True))
define("v_dot8_u32_u4", "i32", "u32 u32 i32", dot_parts(4, False, False))
define("v_dot2_i32_i16", "i32", "u32 u32 i32", dot_parts(16, True, True))
define("v_dot2c_i32_i16", "i32", "u32 u32 acc:i32", dot_parts(16, True, True))
define("v_dot2_u32_u16", "i32", "u32 u32 i32", dot_parts(16, False, False))
define("v_dot4_i32_i8+clamp", "i32", "u32 u32 i32", _saturating(8, True))
define("v_dot4_u32_u8+clamp", "u32", "u32 u32 u32", _saturating(8, False))
define("v_dot8_i32_i4+clamp", "i32", "u32 u32 i32", _saturating(4, True))
define("v_dot8_u32_u4+clamp", "u32", "u32 u32 u32", _saturating(4, False))
define("v_dot2_f32_f16", "f32", "u32 u32 f32", dot2_halves)
define("v_dot2c_f32_f16 v_dot2acc_f32_f16", "f32", "u32 u32 acc:f32", dot2_halves)
