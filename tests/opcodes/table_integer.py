"""Vector operations on integers."""

from collections.abc import Callable, Iterator

from tests.opcodes.cases import Case, case

M32, M64 = (1 << 32) - 1, (1 << 64) - 1
Function = Callable[..., int]


def signed(value: int, bits: int) -> int:
    """Two's complement reading of the low bits."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def byte(value: int, number: int) -> int:
    return value >> 8 * number & 255


def clamp(value: int, low: int, high: int) -> int:
    return min(max(value, low), high)


def perm(a: int, b: int, selector: int) -> int:
    """Bytes 0..3 of the pool are b's, 4..7 a's; 8..11 sign of an odd byte, 12 zero, above all ones."""
    pool = [byte(b, i) for i in range(4)] + [byte(a, i) for i in range(4)]
    result = 0
    for i in range(4):
        s = byte(selector, i)
        value = pool[s] if s < 8 else 255 * (pool[2 * s - 15] >> 7) if s < 12 else 0 if s == 12 else 255
        result |= value << 8 * i
    return result


def bfe_u(a: int, offset: int, count: int) -> int:
    return (a >> (offset & 31)) & ((1 << (count & 31)) - 1)


def bfe_i(a: int, offset: int, count: int) -> int:
    count &= 31
    return signed(signed(a, 32) >> (offset & 31), count) if count else 0


def first_set(a: int) -> int:
    """Number of zeros below the lowest one, -1 for none."""
    return (a & -a).bit_length() - 1


def leading(a: int, bits: int = 32) -> int:
    """Number of zeros above the highest one, -1 for none."""
    return bits - a.bit_length() if a else -1


def leading_signs(a: int, bits: int = 32) -> int:
    """Number of bits from the top before one differs from the sign, -1 when all are the same."""
    return leading(a ^ M64 >> (64 - bits) if a >> (bits - 1) else a, bits)


def reverse(a: int, bits: int = 32) -> int:
    return int(f"{a:0{bits}b}"[::-1], 2)


def median(a: int, b: int, c: int) -> int:
    return sorted((a, b, c))[1]


def differences(a: int, b: int, size: int, first: int = 0) -> int:
    """Sum of absolute differences of unsigned fields."""
    mask = (1 << size) - 1
    return sum(abs((a >> i & mask) - (b >> i & mask)) for i in range(first, 32, size))


def masked_differences(a: int, b: int) -> int:
    """Like `differences` of bytes, leaving out bytes where b is zero."""
    return sum(abs(byte(a, i) - byte(b, i)) for i in range(4) if byte(b, i))


def _bitwise() -> Iterator[Case]:
    two, three = "u32 = u32 u32", "u32 = u32 u32 u32"
    yield case("v_mov_b32", "u32 = u32", lambda a: a)
    yield case("v_not_b32", "u32 = u32", lambda a: ~a)
    yield case("v_and_b32", two, lambda a, b: a & b)
    yield case("v_or_b32", two, lambda a, b: a | b)
    yield case("v_xor_b32", two, lambda a, b: a ^ b)
    yield case("v_xnor_b32", two, lambda a, b: ~(a ^ b))
    yield case("v_and_or_b32", three, lambda a, b, c: a & b | c)
    yield case("v_or3_b32", three, lambda a, b, c: a | b | c)
    yield case("-|v_xor3_b32|v_xor3_b32", three, lambda a, b, c: a ^ b ^ c)
    yield case("v_bfi_b32", three, lambda a, b, c: a & b | ~a & c)
    yield case("v_perm_b32", three, perm)
    yield case("v_alignbit_b32", three, lambda a, b, c: (a << 32 | b) >> (c & 31))
    yield case("v_alignbyte_b32", three, lambda a, b, c: (a << 32 | b) >> 8 * (c & 3))
    yield case("v_cndmask_b32", "u32 = u32 u32 mask", lambda a, b, m: b if m else a)
    yield case("v_bfe_u32", three, bfe_u)
    yield case("v_bfe_i32", "u32 = u32 u32 u32", bfe_i)
    yield case("v_bfm_b32", two, lambda a, b: ((1 << (a & 31)) - 1) << (b & 31))
    yield case("v_bfrev_b32", "u32 = u32", reverse)
    yield case("v_bcnt_u32_b32", two, lambda a, b: a.bit_count() + b)
    yield case("v_ffbh_u32|v_ffbh_u32|v_clz_i32_u32", "u32 = u32", leading)
    yield case("v_ffbl_b32|v_ffbl_b32|v_ctz_i32_b32", "u32 = u32", first_set)
    yield case("v_ffbh_i32|v_ffbh_i32|v_cls_i32", "u32 = u32", leading_signs)


def _shifts() -> Iterator[Case]:
    two, three = "u32 = u32 u32", "u32 = u32 u32 u32"
    yield case("v_lshlrev_b32", two, lambda n, a: a << (n & 31))
    yield case("v_lshrrev_b32", two, lambda n, a: a >> (n & 31))
    yield case("v_ashrrev_i32", "i32 = u32 i32", lambda n, a: a >> (n & 31))
    yield case("v_lshl_add_u32", three, lambda a, n, c: (a << (n & 31)) + c)
    yield case("v_lshl_or_b32", three, lambda a, n, c: a << (n & 31) | c)
    yield case("v_add_lshl_u32", three, lambda a, b, n: (a + b & M32) << (n & 31))
    yield case("v_xad_u32", three, lambda a, b, c: (a ^ b) + c)
    yield case("v_lshlrev_b64", "u64 = u32 u64", lambda n, a: a << (n & 63))
    yield case("v_lshrrev_b64", "u64 = u32 u64", lambda n, a: a >> (n & 63))
    yield case("v_ashrrev_i64", "i64 = u32 i64", lambda n, a: a >> (n & 63))


def _sums() -> Iterator[Case]:
    two = "u32 = u32 u32"
    yield case("v_add_u32|v_add_nc_u32|v_add_nc_u32", two, lambda a, b: a + b)
    yield case("v_sub_u32|v_sub_nc_u32|v_sub_nc_u32", two, lambda a, b: a - b)
    yield case("v_subrev_u32|v_subrev_nc_u32|v_subrev_nc_u32", two, lambda a, b: b - a)
    yield case("v_add_i32|v_add_nc_i32|v_add_nc_i32", "i32 = i32 i32", lambda a, b: a + b)
    yield case("v_sub_i32|v_sub_nc_i32|v_sub_nc_i32", "i32 = i32 i32", lambda a, b: a - b)
    yield case("v_add3_u32", "u32 = u32 u32 u32", lambda a, b, c: a + b + c)
    carry, carried = "u32 mask = u32 u32", "u32 mask = u32 u32 mask"
    yield case("v_add_co_u32", carry, lambda a, b: (a + b, a + b > M32))
    yield case("v_sub_co_u32", carry, lambda a, b: (a - b, a < b))
    yield case("v_subrev_co_u32", carry, lambda a, b: (b - a, b < a))
    add, sub, rev = "v_addc_co_u32", "v_subb_co_u32", "v_subbrev_co_u32"
    new = ("v_add_co_ci_u32", "v_sub_co_ci_u32", "v_subrev_co_ci_u32")
    yield case(f"{add}|{new[0]}|{new[0]}", carried, lambda a, b, m: (a + b + m, a + b + m > M32))
    yield case(f"{sub}|{new[1]}|{new[1]}", carried, lambda a, b, m: (a - b - m, a < b + m))
    yield case(f"{rev}|{new[2]}|{new[2]}", carried, lambda a, b, m: (b - a - m, b < a + m))
    yield case("v_sad_u8", "u32 = u32 u32 u32", lambda a, b, c: differences(a, b, 8) + c)
    yield case("v_sad_u16", "u32 = u32 u32 u32", lambda a, b, c: differences(a, b, 16) + c)
    yield case("v_sad_u32", "u32 = u32 u32 u32", lambda a, b, c: abs(a - b) + c)
    yield case("v_sad_hi_u8", "u32 = u32 u32 u32", lambda a, b, c: (differences(a, b, 8) << 16) + c)
    yield case("v_msad_u8", "u32 = u32 u32 u32", lambda a, b, c: masked_differences(a, b) + c)
    yield case("v_lerp_u8", "u32 = u32 u32 u32", _lerp)


def _lerp(a: int, b: int, c: int) -> int:
    return sum((byte(a, i) + byte(b, i) + (byte(c, i) & 1) >> 1) << 8 * i for i in range(4))


def _extremes() -> Iterator[Case]:
    for kind in ("i32", "u32"):
        two, three = f"{kind} = {kind} {kind}", f"{kind} = {kind} {kind} {kind}"
        yield case(f"v_min_{kind}", two, min)
        yield case(f"v_max_{kind}", two, max)
        yield case(f"v_min3_{kind}", three, min)
        yield case(f"v_max3_{kind}", three, max)
        yield case(f"v_med3_{kind}", three, median)
        yield case(f"-|-|v_maxmin_{kind}", three, lambda a, b, c: min(max(a, b), c))
        yield case(f"-|-|v_minmax_{kind}", three, lambda a, b, c: max(min(a, b), c))


def _products() -> Iterator[Case]:
    two, three = "u32 = u32 u32", "u32 = u32 u32 u32"
    low = (1 << 24) - 1
    yield case("v_mul_lo_u32", two, lambda a, b: a * b)
    yield case("v_mul_hi_u32", two, lambda a, b: a * b >> 32)
    yield case("v_mul_hi_i32", "i32 = i32 i32", lambda a, b: a * b >> 32)
    yield case("v_mul_u32_u24", two, lambda a, b: (a & low) * (b & low))
    yield case("v_mul_hi_u32_u24", two, lambda a, b: (a & low) * (b & low) >> 32)
    yield case("v_mul_i32_i24", two, lambda a, b: signed(a, 24) * signed(b, 24))
    yield case("v_mul_hi_i32_i24", two, lambda a, b: signed(a, 24) * signed(b, 24) >> 32)
    yield case("v_mad_u32_u24", three, lambda a, b, c: (a & low) * (b & low) + c)
    yield case("v_mad_i32_i24", three, lambda a, b, c: signed(a, 24) * signed(b, 24) + c)
    yield case("v_mad_u64_u32", "u64 mask = u32 u32 u64", lambda a, b, c: (a * b + c, a * b + c > M64))
    yield case("v_mad_i64_i32", "i64 open = i32 i32 i64", lambda a, b, c: (a * b + c, 0))
    yield case("v_mad_u32_u16", "u32 = u16 u16 u32", lambda a, b, c: a * b + c)
    yield case("v_mad_i32_i16", "i32 = i16 i16 i32", lambda a, b, c: a * b + c)


def _sixteen_bits() -> Iterator[Case]:
    u, i = "u16 = u16 u16", "i16 = i16 i16"
    # gfx9 names without documented treatment of the other half there: VOP3-only operations with op_sel.
    free = {"open_high": ("gfx90a",)}
    yield case("v_add_u16|v_add_nc_u16|v_add_nc_u16", u, lambda a, b: a + b)
    yield case("v_sub_u16|v_sub_nc_u16|v_sub_nc_u16", u, lambda a, b: a - b)
    yield case("v_subrev_u16|-|-", u, lambda a, b: b - a)
    yield case("v_add_i16|v_add_nc_i16|v_add_nc_i16", i, lambda a, b: a + b, **free)
    yield case("v_sub_i16|v_sub_nc_i16|v_sub_nc_i16", i, lambda a, b: a - b, **free)
    yield case("v_mul_lo_u16", u, lambda a, b: a * b)
    yield case("v_lshlrev_b16", u, lambda n, a: a << (n & 15))
    yield case("v_lshrrev_b16", u, lambda n, a: a >> (n & 15))
    yield case("v_ashrrev_i16", "i16 = u16 i16", lambda n, a: a >> (n & 15))
    yield case("v_mad_u16", "u16 = u16 u16 u16", lambda a, b, c: a * b + c, **free)
    yield case("v_mad_i16", "i16 = i16 i16 i16", lambda a, b, c: a * b + c, **free)
    yield case("v_mad_legacy_u16|-|-", "u16 = u16 u16 u16", lambda a, b, c: a * b + c)
    for kind in ("i16", "u16"):
        yield case(f"v_min_{kind}", f"{kind} = {kind} {kind}", min)
        yield case(f"v_max_{kind}", f"{kind} = {kind} {kind}", max)
        three = f"{kind} = {kind} {kind} {kind}"
        yield case(f"v_min3_{kind}", three, min, **free)
        yield case(f"v_max3_{kind}", three, max, **free)
        yield case(f"v_med3_{kind}", three, median, **free)
    yield case("-|-|v_and_b16", u, lambda a, b: a & b)
    yield case("-|-|v_or_b16", u, lambda a, b: a | b)
    yield case("-|-|v_xor_b16", u, lambda a, b: a ^ b)
    yield case("-|-|v_not_b16", "u16 = u16", lambda a: ~a)
    yield case("-|-|v_mov_b16", "u16 = u16", lambda a: a)
    yield case("-|-|v_cndmask_b16", "u16 = u16 u16 mask", lambda a, b, m: b if m else a)
    yield case("v_pack_b32_f16", "u32 = u16 u16", lambda a, b: b << 16 | a)
    yield case("-|-|v_cvt_i32_i16", "i32 = i16", lambda a: a)
    yield case("-|-|v_cvt_u32_u16", "u32 = u16", lambda a: a)


def _conversions() -> Iterator[Case]:
    two = "u32 = u32 u32"
    unsigned = lambda a, b: min(a, 0xFFFF) | min(b, 0xFFFF) << 16  # noqa: E731
    yield case("v_cvt_pk_u16_u32", two, unsigned)
    yield case(
        "v_cvt_pk_i16_i32", "u32 = i32 i32", lambda a, b: _pair(clamp(a, -32768, 32767), clamp(b, -32768, 32767))
    )
    yield case("v_sat_pk_u8_i16", "u16 = u32", _saturated_bytes, open_high=("gfx90a", "gfx1030"))


def _pair(a: int, b: int) -> int:
    return a & 0xFFFF | (b & 0xFFFF) << 16


def _saturated_bytes(a: int) -> int:
    return clamp(signed(a, 16), 0, 255) | clamp(signed(a >> 16, 16), 0, 255) << 8


def integer_cases() -> Iterator[Case]:
    """All of them."""
    for family in (_bitwise, _shifts, _sums, _extremes, _products, _sixteen_bits, _conversions):
        yield from family()
