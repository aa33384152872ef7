"""Vector operations on 32-bit integers."""

from typing import Any

import numpy as np

from tracker.emulator.operation import define
from tracker.emulator.ops import bits

U32, I32 = np.uint32, np.int32
_ONES = 0xFFFFFFFF


def mul_hi_u32(a: Any, b: Any, out: Any) -> None:
    """High word of the unsigned product."""
    np.copyto(out, np.multiply(a, b, dtype=np.uint64) >> np.uint64(32), casting="unsafe")


def mul_hi_i32(a: Any, b: Any, out: Any) -> None:
    """High word of the signed product."""
    np.copyto(out, np.multiply(a, b, dtype=np.int64) >> np.int64(32), casting="unsafe")


def perm(a: Any, b: Any, selector: Any, out: Any) -> None:
    """Four bytes of the pool {a, b} as the bytes of `selector` choose (b holds bytes 0 to 3)."""
    choice = int(selector.flat[0])
    if selector.size == 1 or (selector.shape[-1] == 1 and not np.count_nonzero(selector != selector.flat[0])):
        _perm_same(a, b, choice.to_bytes(4, "little"), out)
        return
    shape = np.broadcast_shapes(a.shape, b.shape, selector.shape)
    pool = np.empty((*shape, 16), np.uint8)
    pool[..., 0:4] = _bytes(b, shape)
    pool[..., 4:8] = _bytes(a, shape)
    pool[..., 8:12] = np.where(pool[..., 1:8:2] >> 7, np.uint8(255), np.uint8(0))
    pool[..., 12] = 0
    pool[..., 13:] = 255
    chosen = np.take_along_axis(pool, np.minimum(_bytes(selector, shape), 13).astype(np.intp), axis=-1)
    np.copyto(out, chosen.view(U32)[..., 0])


def _perm_same(a: Any, b: Any, choice: bytes, out: Any) -> None:
    """The case of one selector for all lanes: every byte of the result is a copy of one byte or a constant."""
    result = np.empty(out.shape, U32)
    target = result.view(np.uint8)
    low, high = (whole(x, out).view(np.uint8) for x in (b, a))
    for place, number in enumerate(choice):
        if number < 8:
            target[:, place::4] = (low if number < 4 else high)[:, number & 3 :: 4]
        elif number < 12:
            source = (low if number < 10 else high)[:, 1 + 2 * (number & 1) :: 4]
            target[:, place::4] = (source.view(np.int8) >> np.int8(7)).view(np.uint8)
        else:
            target[:, place::4] = 0 if number == 12 else 255
    np.copyto(out, result)


def _bytes(a: Any, shape: tuple[int, ...]) -> Any:
    return np.ascontiguousarray(np.broadcast_to(a, shape))[..., None].view(np.uint8)


def whole(a: Any, out: Any) -> Any:
    """`a` as a contiguous array of the out's shape."""
    return a if a.shape == out.shape and a.flags.c_contiguous else np.ascontiguousarray(np.broadcast_to(a, out.shape))


def _alignbit(a: Any, b: Any, count: Any, out: Any) -> None:
    wide = (a.astype(np.uint64) << np.uint64(32)) | b
    np.copyto(out, wide >> count.astype(np.uint64), casting="unsafe")


def _alignbyte(a: Any, b: Any, count: Any, out: Any) -> None:
    _alignbit(a, b, (count & U32(3)) * U32(8), out)


def _sad_u8(a: Any, b: Any, c: Any, out: Any) -> None:
    total = c
    for shift in (0, 8, 16, 24):
        x, y = (a >> U32(shift)) & U32(255), (b >> U32(shift)) & U32(255)
        total = total + np.where(x > y, x - y, y - x)
    np.copyto(out, total)


def _sad_hi_u8(a: Any, b: Any, c: Any, out: Any) -> None:
    total = np.zeros(out.shape, U32)
    _sad_u8(a, b, total, total)
    np.add(total << U32(16), c, out)


def _msad_u8(a: Any, b: Any, c: Any, out: Any) -> None:
    """Like sad_u8, but bytes of `b` that are zero do not count."""
    total = c
    for shift in (0, 8, 16, 24):
        x, y = (a >> U32(shift)) & U32(255), (b >> U32(shift)) & U32(255)
        total = total + np.where(y == 0, U32(0), np.where(x > y, x - y, y - x))
    np.copyto(out, total)


def _lerp_u8(a: Any, b: Any, c: Any, out: Any) -> None:
    """Averages of bytes; the low bit of each byte of `c` rounds up."""
    total = U32(0)
    for shift in (0, 8, 16, 24):
        x, y = (a >> U32(shift)) & U32(255), (b >> U32(shift)) & U32(255)
        total = total | (((x + y + ((c >> U32(shift)) & U32(1))) >> U32(1)) << U32(shift))
    np.copyto(out, total)


def _sat_pk_u8_i16(a: Any, out: Any) -> None:
    low = np.clip(a.astype(np.uint16).view(np.int16), 0, 255).astype(np.uint16)
    high = np.clip((a >> U32(16)).astype(np.uint16).view(np.int16), 0, 255).astype(np.uint16)
    np.bitwise_or(low, high << np.uint16(8), out)


def saturating(function: Any, low: int, high: int) -> Any:
    """An integer operation computed in 64 bits and limited to a range: what `clamp` asks for."""

    def clamped(*arguments: Any) -> None:
        *sources, out = arguments
        wide = function(*(source.astype(np.int64) for source in sources))
        np.copyto(out, np.clip(wide, low, high), casting="unsafe")

    return clamped


def _sad_u16(a: Any, b: Any, c: Any, out: Any) -> None:
    total = c
    for shift in (0, 16):
        x, y = (a >> U32(shift)) & U32(0xFFFF), (b >> U32(shift)) & U32(0xFFFF)
        total = total + np.where(x > y, x - y, y - x)
    np.copyto(out, total)


def _sad_u32(a: Any, b: Any, c: Any, out: Any) -> None:
    np.add(np.where(a > b, a - b, b - a), c, out)


def _med3(a: Any, b: Any, c: Any, out: Any) -> None:
    np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c), out=out)


def smaller(a: Any, b: Any, out: Any) -> None:
    """np.minimum with its out as the third argument."""
    np.minimum(a, b, out=out)


def larger(a: Any, b: Any, out: Any) -> None:
    """np.maximum with its out as the third argument."""
    np.maximum(a, b, out=out)


def _first_bit(found: Any, width: int, out: Any) -> None:
    np.copyto(out, np.where(found == width, U32(_ONES), found))


def _ffbh_i32(a: Any, out: Any) -> None:
    flipped = a ^ (a.view(I32) >> I32(31)).view(U32)
    found = bits.leading_zeros(flipped)
    _first_bit(found, 32, out)


def _lane_ids(a: Any) -> Any:
    return np.arange(a.shape[-1], dtype=np.uint64)


def _mbcnt_lo(a: Any, b: Any, out: Any) -> None:
    below = (np.uint64(1) << np.minimum(_lane_ids(out), np.uint64(32))) - np.uint64(1)
    np.add(np.bitwise_count(a & below.astype(U32)), b, out)


def _mbcnt_hi(a: Any, b: Any, out: Any) -> None:
    lanes = _lane_ids(out)
    over = np.where(lanes > 32, lanes - np.minimum(lanes, np.uint64(32)), np.uint64(0))
    below = (np.uint64(1) << over) - np.uint64(1)
    np.add(np.bitwise_count(a & below.astype(U32)), b, out)


# Moves and logic
define("v_mov_b32", "u32", "u32", np.positive)
for name in ("v_accvgpr_write_b32", "v_accvgpr_read_b32", "v_accvgpr_mov_b32"):  # gfx90a's other half of the registers
    define(name, "u32", "u32", np.positive)
define("v_not_b32", "u32", "u32", np.invert)
define("v_and_b32", "u32", "u32 u32", np.bitwise_and)
define("v_or_b32", "u32", "u32 u32", np.bitwise_or)
define("v_xor_b32", "u32", "u32 u32", np.bitwise_xor)
define("v_xnor_b32", "u32", "u32 u32", lambda a, b, d: np.invert(a ^ b, d))
define("v_and_or_b32", "u32", "u32 u32 u32", lambda a, b, c, d: np.bitwise_or(a & b, c, d))
define("v_or3_b32", "u32", "u32 u32 u32", lambda a, b, c, d: np.bitwise_or(a | b, c, d))
define("v_xor3_b32", "u32", "u32 u32 u32", lambda a, b, c, d: np.bitwise_xor(a ^ b, c, d))
define("v_bfi_b32", "u32", "u32 u32 u32", lambda a, b, c, d: np.bitwise_xor(c, a & (b ^ c), d))
# Read as floats because sign modifiers are allowed; the bits pass unchanged.
define("v_cndmask_b32", "f32", "f32 f32 mask", lambda a, b, m, d: np.copyto(d, np.where(m, b, a)))
define("v_perm_b32", "u32", "u32 u32 u32", perm)
define("v_alignbit_b32", "u32", "u32 u32 c5", _alignbit)
define("v_alignbyte_b32", "u32", "u32 u32 u32", _alignbyte)

# Shifts and fields
define("v_lshlrev_b32", "u32", "c5 u32", lambda n, a, d: np.left_shift(a, n, d))
define("v_lshrrev_b32", "u32", "c5 u32", lambda n, a, d: np.right_shift(a, n, d))
define("v_ashrrev_i32", "i32", "n5 i32", lambda n, a, d: np.right_shift(a, n, d))
define("v_lshl_add_u32", "u32", "u32 c5 u32", lambda a, n, c, d: np.add(a << n, c, d))
define("v_lshl_or_b32", "u32", "u32 c5 u32", lambda a, n, c, d: np.bitwise_or(a << n, c, d))
define("v_add_lshl_u32", "u32", "u32 u32 c5", lambda a, b, n, d: np.left_shift(a + b, n, d))
define("v_xad_u32", "u32", "u32 u32 u32", lambda a, b, c, d: np.add(a ^ b, c, d))
define("v_bfe_u32", "u32", "u32 c5 w5", lambda a, n, mask, d: np.bitwise_and(a >> n, mask, d))
define("v_bfe_i32", "i32", "i32 n5 t5", lambda a, n, up, d: np.right_shift((a >> n) << up, up, d))
define("v_bfm_b32", "u32", "w5 c5", lambda mask, n, d: np.left_shift(mask, n, d))
define("v_bfrev_b32", "u32", "u32", lambda a, d: np.copyto(d, bits.reverse(a)))
define("v_bcnt_u32_b32", "u32", "u32 u32", lambda a, b, d: np.add(np.bitwise_count(a), b, d))
define("v_clz_i32_u32", "u32", "u32", lambda a, d: _first_bit(bits.leading_zeros(a), 32, d))
define("v_ctz_i32_b32", "u32", "u32", lambda a, d: _first_bit(bits.trailing_zeros(a), 32, d))
define("v_cls_i32", "u32", "u32", _ffbh_i32)
define("v_mbcnt_lo_u32_b32", "u32", "u32 u32", _mbcnt_lo)
define("v_mbcnt_hi_u32_b32", "u32", "u32 u32", _mbcnt_hi)

# Sums
define("v_add_nc_u32 v_add_nc_i32", "u32", "u32 u32", np.add)
define("v_sub_nc_u32 v_sub_nc_i32", "u32", "u32 u32", np.subtract)
define("v_subrev_nc_u32", "u32", "u32 u32", lambda a, b, d: np.subtract(b, a, d))
define("v_add3_u32", "u32", "u32 u32 u32", lambda a, b, c, d: np.add(a + b, c, d))
define("v_min_i32", "i32", "i32 i32", smaller)
define("v_max_i32", "i32", "i32 i32", larger)
define("v_min_u32", "u32", "u32 u32", smaller)
define("v_max_u32", "u32", "u32 u32", larger)
define("v_min3_i32", "i32", "i32 i32 i32", lambda a, b, c, d: np.minimum(np.minimum(a, b), c, out=d))
define("v_max3_i32", "i32", "i32 i32 i32", lambda a, b, c, d: np.maximum(np.maximum(a, b), c, out=d))
define("v_min3_u32", "u32", "u32 u32 u32", lambda a, b, c, d: np.minimum(np.minimum(a, b), c, out=d))
define("v_max3_u32", "u32", "u32 u32 u32", lambda a, b, c, d: np.maximum(np.maximum(a, b), c, out=d))
define("v_med3_i32", "i32", "i32 i32 i32", _med3)
define("v_med3_u32", "u32", "u32 u32 u32", _med3)
define("v_maxmin_i32", "i32", "i32 i32 i32", lambda a, b, c, d: np.minimum(np.maximum(a, b), c, out=d))
define("v_minmax_i32", "i32", "i32 i32 i32", lambda a, b, c, d: np.maximum(np.minimum(a, b), c, out=d))
define("v_maxmin_u32", "u32", "u32 u32 u32", lambda a, b, c, d: np.minimum(np.maximum(a, b), c, out=d))
define("v_minmax_u32", "u32", "u32 u32 u32", lambda a, b, c, d: np.maximum(np.minimum(a, b), c, out=d))
define("v_sad_u8", "u32", "u32 u32 u32", _sad_u8)
define("v_sad_u16", "u32", "u32 u32 u32", _sad_u16)
define("v_sad_hi_u8", "u32", "u32 u32 u32", _sad_hi_u8)
define("v_msad_u8", "u32", "u32 u32 u32", _msad_u8)
define("v_lerp_u8", "u32", "u32 u32 u32", _lerp_u8)
define("v_sat_pk_u8_i16", "u16", "u32", _sat_pk_u8_i16)
define("v_sad_u32", "u32", "u32 u32 u32", _sad_u32)

# Products
define("v_mul_lo_u32", "u32", "u32 u32", np.multiply)
define("v_mul_hi_u32", "u32", "u32 u32", mul_hi_u32)
define("v_mul_hi_i32", "i32", "i32 i32", mul_hi_i32)
define("v_mul_u32_u24", "u32", "u24 u24", np.multiply)
define("v_mul_i32_i24", "i32", "i24 i24", np.multiply)
define("v_mul_hi_u32_u24", "u32", "u24 u24", mul_hi_u32)
define("v_mul_hi_i32_i24", "i32", "i24 i24", mul_hi_i32)
define("v_mad_u32_u24", "u32", "u24 u24 u32", lambda a, b, c, d: np.add(a * b, c, d))
define("v_mad_i32_i24", "i32", "i24 i24 i32", lambda a, b, c, d: np.add(a * b, c, d))
define("v_mad_u32_u16", "u32", "u16 u16 u32", lambda a, b, c, d: np.add(a.astype(U32) * b, c, d))
define("v_mad_i32_i16", "i32", "i16 i16 i32", lambda a, b, c, d: np.add(a.astype(I32) * b, c, d))

# Saturating forms, chosen by the `clamp` modifier
_U, _I = (0, (1 << 32) - 1), (-(1 << 31), (1 << 31) - 1)
define("v_add_nc_u32+clamp", "u32", "u32 u32", saturating(np.add, *_U))
define("v_sub_nc_u32+clamp", "u32", "u32 u32", saturating(np.subtract, *_U))
define("v_subrev_nc_u32+clamp", "u32", "u32 u32", saturating(lambda a, b: b - a, *_U))
define("v_add_nc_i32+clamp", "i32", "i32 i32", saturating(np.add, *_I))
define("v_sub_nc_i32+clamp", "i32", "i32 i32", saturating(np.subtract, *_I))
define("v_mad_u32_u24+clamp", "u32", "u24 u24 u32", saturating(lambda a, b, c: a * b + c, *_U))
define("v_mad_i32_i24+clamp", "i32", "i24 i24 i32", saturating(lambda a, b, c: a * b + c, *_I))
define("v_mad_u32_u16+clamp", "u32", "u16 u16 u32", saturating(lambda a, b, c: a * b + c, *_U))
define("v_mad_i32_i16+clamp", "i32", "i16 i16 i32", saturating(lambda a, b, c: a * b + c, *_I))
