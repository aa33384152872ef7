"""Scalar operations. SCC is `scc` in the signature; many set it to "the result is not zero"."""

from typing import Any

import numpy as np

from tracker.emulator.operation import define
from tracker.emulator.ops import bits
from tracker.emulator.ops.valu_int import mul_hi_i32, mul_hi_u32

U32, I32, U64 = np.uint32, np.int32, np.uint64


def _nonzero(function: Any) -> Any:
    """The function with a last out that tells whether its result is not zero. 1 to 3 sources."""

    def one(a: Any, out: Any, scc: Any) -> None:
        function(a, out)
        np.not_equal(out, 0, scc)

    def two(a: Any, b: Any, out: Any, scc: Any) -> None:
        function(a, b, out)
        np.not_equal(out, 0, scc)

    return one if getattr(function, "nin", 0) == 1 or _arguments(function) == 2 else two


def _arguments(function: Any) -> int:
    return function.__code__.co_argcount if hasattr(function, "__code__") else 0


def _add_u32(a: Any, b: Any, out: Any, scc: Any) -> None:
    total = a + b
    np.less(total, b, scc)
    np.copyto(out, total)


def _sub_u32(a: Any, b: Any, out: Any, scc: Any) -> None:
    difference = a - b
    np.less(a, b, scc)
    np.copyto(out, difference)


def _addc_u32(a: Any, b: Any, carry: Any, out: Any, scc: Any) -> None:
    partial = a + b
    total = partial + carry
    np.logical_or(partial < b, total < partial, scc)
    np.copyto(out, total)


def _subb_u32(a: Any, b: Any, borrow: Any, out: Any, scc: Any) -> None:
    partial = a - b
    total = partial - borrow
    np.logical_or(a < b, partial < borrow, scc)
    np.copyto(out, total)


def _add_i32(a: Any, b: Any, out: Any, scc: Any) -> None:
    total = a + b
    np.less((a ^ total) & (b ^ total), 0, scc)
    np.copyto(out, total)


def _sub_i32(a: Any, b: Any, out: Any, scc: Any) -> None:
    total = a - b
    np.less((a ^ b) & (a ^ total), 0, scc)
    np.copyto(out, total)


def _absdiff(a: Any, b: Any, out: Any) -> None:
    np.absolute(a - b, out)


def _lshl_add(count: int) -> Any:
    def function(a: Any, b: Any, out: Any, scc: Any) -> None:
        total = (a.astype(U64) << U64(count)) + b
        np.greater(total, U64(0xFFFFFFFF), scc)
        np.copyto(out, total, casting="unsafe")

    return function


def _field(width: int, signed: bool) -> Any:
    """Bit field extract; the second source holds the offset and, from bit 16 on, the width."""
    kind = {(32, False): U32, (32, True): I32, (64, False): U64, (64, True): np.int64}[width, signed]
    offset_bits = U32(width - 1)

    def function(a: Any, b: Any, out: Any) -> None:
        offset = (b & offset_bits).astype(kind)
        length = np.minimum((b >> U32(16)) & U32(127), U32(width))
        up = (U32(width) - length).astype(kind)
        # Counts up to `width` occur; numpy shifts all bits out then.
        raw = a.view(kind) if signed else a
        np.right_shift((np.right_shift(raw, offset) << up), up, out)
        np.copyto(out, 0, where=length == 0)

    return function


def _mask(kind: Any) -> Any:
    def function(width: Any, offset: Any, out: Any) -> None:
        np.left_shift((kind(1) << width.astype(kind)) - kind(1), offset.astype(kind), out)

    return function


def _count(function: Any) -> Any:
    return lambda a, d: np.copyto(d, function(a))


def _first(function: Any) -> Any:
    """Position of a bit; -1 when there is none."""

    def found(a: Any, out: Any) -> None:
        position = function(a)
        np.copyto(out, np.where(position == 8 * a.itemsize, U32(0xFFFFFFFF), position))

    return found


def _signs(a: Any) -> Any:
    return bits.leading_zeros(a ^ np.where(a >> a.dtype.type(8 * a.itemsize - 1), ~a.dtype.type(0), a.dtype.type(0)))


def _whole_quads(kind: Any) -> Any:
    def function(a: Any, out: Any) -> None:
        any_bit = a | (a >> kind(1))
        any_bit = (any_bit | (any_bit >> kind(2))) & kind(int.from_bytes(b"\x11" * out.itemsize, "little"))
        np.multiply(any_bit, kind(15), out)

    return function


def _bitset(value: int) -> Any:
    def function(count: Any, old: Any, out: Any) -> None:
        bit = old.dtype.type(1) << count.astype(old.dtype)
        np.copyto(out, old | bit if value else old & ~bit)

    return function


def _saveexec(combine: Any) -> Any:
    """D = EXEC; EXEC = combine(S0, EXEC); SCC = EXEC != 0."""

    def function(a: Any, active: Any, out: Any, new: Any, scc: Any) -> None:
        changed, old = combine(a, active), active.copy()
        np.copyto(out, old)
        np.copyto(new, changed)
        np.not_equal(changed, 0, scc)

    return function


def _wrexec(combine: Any) -> Any:
    """D = EXEC = combine(S0, EXEC); SCC = EXEC != 0."""

    def function(a: Any, active: Any, out: Any, new: Any, scc: Any) -> None:
        changed = combine(a, active)
        np.copyto(out, changed)
        np.copyto(new, changed)
        np.not_equal(changed, 0, scc)

    return function


_LOGIC: dict[str, Any] = {
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "and_not1": lambda a, b: a & ~b,
    "or_not1": lambda a, b: a | ~b,
    "and_not0": lambda a, b: ~a & b,
    "or_not0": lambda a, b: ~a | b,
    "nand": lambda a, b: ~(a & b),
    "nor": lambda a, b: ~(a | b),
    "xnor": lambda a, b: ~(a ^ b),
}


def _into(combine: Any) -> Any:
    return lambda a, b, d: np.copyto(d, combine(a, b))


for _bits, _u in (("32", "u32"), ("64", "u64")):
    for _name, _combine in _LOGIC.items():
        if not _name.endswith("not0"):
            define(f"s_{_name}_b{_bits}", f"{_u} scc", f"{_u} {_u}", _nonzero(_into(_combine)))
        define(f"s_{_name}_saveexec_b{_bits}", f"{_u} exec scc", f"{_u} exec", _saveexec(_combine))
    for _name in ("and_not1", "and_not0"):
        define(f"s_{_name}_wrexec_b{_bits}", f"{_u} exec scc", f"{_u} exec", _wrexec(_LOGIC[_name]))
    _kind, _c = (U32, "c5") if _bits == "32" else (U64, "c6")
    define(f"s_mov_b{_bits}", _u, _u, np.positive)
    define(f"s_not_b{_bits}", f"{_u} scc", _u, _nonzero(np.invert))
    define(f"s_brev_b{_bits}", _u, _u, lambda a, d: np.copyto(d, bits.reverse(a)))
    define(f"s_wqm_b{_bits}", f"{_u} scc", _u, _nonzero(_whole_quads(_kind)))
    define(f"s_cselect_b{_bits}", _u, f"{_u} {_u} scc", lambda a, b, c, d: np.copyto(d, np.where(c, a, b)))
    define(f"s_cmov_b{_bits}", _u, f"{_u} acc:{_u} scc", lambda a, o, c, d: np.copyto(d, np.where(c, a, o)))
    define(f"s_lshl_b{_bits}", f"{_u} scc", f"{_u} {_c}", _nonzero(np.left_shift))
    define(f"s_lshr_b{_bits}", f"{_u} scc", f"{_u} {_c}", _nonzero(np.right_shift))
    define(
        f"s_ashr_i{_bits}",
        f"i{_bits} scc",
        f"i{_bits} {_c}",
        _nonzero(lambda a, n, d: np.right_shift(a, n.astype(a.dtype), d)),
    )
    define(f"s_bfe_u{_bits}", f"{_u} scc", f"{_u} u32", _nonzero(_field(int(_bits), False)))
    define(f"s_bfe_i{_bits}", f"i{_bits} scc", f"i{_bits} u32", _nonzero(_field(int(_bits), True)))
    define(f"s_bfm_b{_bits}", _u, f"{_c} {_c}", _mask(_kind))
    define(f"s_bcnt1_i32_b{_bits}", "u32 scc", _u, _nonzero(_count(np.bitwise_count)))
    define(f"s_bcnt0_i32_b{_bits}", "u32 scc", _u, _nonzero(_count(lambda a: (8 * a.itemsize) - np.bitwise_count(a))))
    define(f"s_ctz_i32_b{_bits}", "u32", _u, _first(bits.trailing_zeros))
    define(f"s_clz_i32_u{_bits}", "u32", _u, _first(bits.leading_zeros))
    define(f"s_cls_i32{'_i64' if _bits == '64' else ''}", "u32", _u, _first(_signs))
    define(f"s_bitset0_b{_bits}", _u, f"{_c} acc:{_u}", _bitset(0))
    define(f"s_bitset1_b{_bits}", _u, f"{_c} acc:{_u}", _bitset(1))

# Sums and products
define("s_add_u32 s_add_co_u32", "u32 scc", "u32 u32", _add_u32)
define("s_sub_u32 s_sub_co_u32", "u32 scc", "u32 u32", _sub_u32)
define("s_addc_u32 s_add_co_ci_u32", "u32 scc", "u32 u32 scc", _addc_u32)
define("s_subb_u32 s_sub_co_ci_u32", "u32 scc", "u32 u32 scc", _subb_u32)
define("s_add_i32 s_add_co_i32", "i32 scc", "i32 i32", _add_i32)
define("s_sub_i32 s_sub_co_i32", "i32 scc", "i32 i32", _sub_i32)
define("s_addk_i32 s_addk_co_i32", "i32 scc", "acc:i32 k16", _add_i32)
define("s_mulk_i32", "i32", "acc:i32 k16", np.multiply)
define("s_movk_i32", "i32", "k16", np.positive)
define("s_cmovk_i32", "i32", "k16 acc:i32 scc", lambda a, o, c, d: np.copyto(d, np.where(c, a, o)))
define("s_mul_i32", "u32", "u32 u32", np.multiply)
define("s_mul_hi_u32", "u32", "u32 u32", mul_hi_u32)
define("s_mul_hi_i32", "i32", "i32 i32", mul_hi_i32)
define("s_absdiff_i32", "i32 scc", "i32 i32", _nonzero(_absdiff))
define("s_abs_i32", "i32 scc", "i32", _nonzero(np.absolute))
define("s_min_i32", "i32 scc", "i32 i32", lambda a, b, d, c: _select(a, b, np.less, d, c))
define("s_max_i32", "i32 scc", "i32 i32", lambda a, b, d, c: _select(a, b, np.greater, d, c))
define("s_min_u32", "u32 scc", "u32 u32", lambda a, b, d, c: _select(a, b, np.less, d, c))
define("s_max_u32", "u32 scc", "u32 u32", lambda a, b, d, c: _select(a, b, np.greater, d, c))
define("s_add_nc_u64", "u64", "u64 u64", np.add)
define("s_sub_nc_u64", "u64", "u64 u64", np.subtract)
define("s_mul_u64", "u64", "u64 u64", np.multiply)
for _n in (1, 2, 3, 4):
    define(f"s_lshl{_n}_add_u32", "u32 scc", "u32 u32", _lshl_add(_n))

# Small pieces
define("s_sext_i32_i8", "i32", "i32", lambda a, d: np.right_shift(a << I32(24), I32(24), d))
define("s_sext_i32_i16", "i32", "i32", lambda a, d: np.right_shift(a << I32(16), I32(16), d))
define("s_pack_ll_b32_b16", "u32", "u32 u32", lambda a, b, d: np.bitwise_or(a & U32(0xFFFF), b << U32(16), d))
define("s_pack_lh_b32_b16", "u32", "u32 u32", lambda a, b, d: np.bitwise_or(a & U32(0xFFFF), b & U32(0xFFFF0000), d))
define("s_pack_hh_b32_b16", "u32", "u32 u32", lambda a, b, d: np.bitwise_or(a >> U32(16), b & U32(0xFFFF0000), d))
define("s_pack_hl_b32_b16", "u32", "u32 u32", lambda a, b, d: np.bitwise_or(a >> U32(16), b << U32(16), d))


def _select(a: Any, b: Any, better: Any, out: Any, scc: Any) -> None:
    first = better(a, b)
    chosen = np.where(first, a, b)
    np.copyto(scc, first)
    np.copyto(out, chosen)


def _bit_is(value: int) -> Any:
    return lambda a, n, c: np.equal((a >> n.astype(a.dtype)) & a.dtype.type(1), value, c)


# Comparisons: SCC only
for _name, _compare in {
    "eq": np.equal,
    "lg": np.not_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "lt": np.less,
    "le": np.less_equal,
}.items():
    for _kind_name in ("i32", "u32"):
        define(f"s_cmp_{_name}_{_kind_name}", "scc", f"{_kind_name} {_kind_name}", _compare)
    define(f"s_cmpk_{_name}_i32", "scc", "i32 k16", _compare)
    define(f"s_cmpk_{_name}_u32", "scc", "u32 ku16", _compare)
    if _name in ("eq", "lg"):
        define(f"s_cmp_{_name}_u64", "scc", "u64 u64", _compare)
for _bits in ("32", "64"):
    for _value in (0, 1):
        define(f"s_bitcmp{_value}_b{_bits}", "scc", f"u{_bits} c{5 if _bits == '32' else 6}", _bit_is(_value))
