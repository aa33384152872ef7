"""Scalar operations. `scc` and `exec` are implicit operands; `imm` is the case's 16-bit immediate."""

import operator
from collections.abc import Callable, Iterator

from tests.opcodes.cases import Case, case
from tests.opcodes.table_integer import M32, first_set, leading, leading_signs, reverse, signed

Function = Callable[..., int]

_LOGIC: dict[str, Function] = {
    "s_and_{}": lambda a, b: a & b,
    "s_or_{}": lambda a, b: a | b,
    "s_xor_{}": lambda a, b: a ^ b,
    "s_andn2_{}|s_andn2_{}|s_and_not1_{}": lambda a, b: a & ~b,
    "s_orn2_{}|s_orn2_{}|s_or_not1_{}": lambda a, b: a | ~b,
    "s_nand_{}": lambda a, b: ~(a & b),
    "s_nor_{}": lambda a, b: ~(a | b),
    "s_xnor_{}": lambda a, b: ~(a ^ b),
}


def _flagged(function: Function, bits: int) -> Callable[..., tuple[int, bool]]:
    """The result with SCC telling that it is not zero."""

    def meaning(*sources: int) -> tuple[int, bool]:
        result = function(*sources) & ((1 << bits) - 1)
        return result, result != 0

    return meaning


def _logic(bits: int) -> Iterator[Case]:
    u = f"u{bits}"
    for names, function in _LOGIC.items():
        yield case(names.replace("{}", f"b{bits}"), f"{u} scc = {u} {u}", _flagged(function, bits))
    yield case(f"s_mov_b{bits}", f"{u} = {u}", lambda a: a)
    yield case(f"s_not_b{bits}", f"{u} scc = {u}", _flagged(lambda a: ~a, bits))
    yield case(f"s_brev_b{bits}", f"{u} = {u}", lambda a: reverse(a, bits))
    yield case(f"s_wqm_b{bits}", f"{u} scc = {u}", _flagged(lambda a: _quads(a, bits), bits))
    yield case(f"s_cselect_b{bits}", f"{u} = {u} {u} scc", lambda a, b, c: a if c else b)
    yield case(f"s_cmov_b{bits}", f"{u} = {u} acc:{u} scc", lambda a, d, c: a if c else d)
    yield from _save_exec(bits)


def _quads(a: int, bits: int) -> int:
    """All four bits of every quad that has one set."""
    return sum(15 << i for i in range(0, bits, 4) if a >> i & 15)


def _save_exec(bits: int) -> Iterator[Case]:
    if bits == 32:
        names, archs = "-|s_{0}_saveexec_b32|s_{1}_saveexec_b32", ("-|s_{}_wrexec_b32|s_{}_wrexec_b32")
    else:
        names, archs = "s_{0}_saveexec_b64|-|-", "s_{}_wrexec_b64|-|-"
    table: dict[tuple[str, str], Function] = {
        ("and", "and"): lambda a, e: a & e,
        ("or", "or"): lambda a, e: a | e,
        ("xor", "xor"): lambda a, e: a ^ e,
        ("andn2", "and_not1"): lambda a, e: a & ~e,
        ("andn1", "and_not0"): lambda a, e: ~a & e,
        ("orn2", "or_not1"): lambda a, e: a | ~e,
        ("orn1", "or_not0"): lambda a, e: ~a | e,
        ("nand", "nand"): lambda a, e: ~(a & e),
        ("nor", "nor"): lambda a, e: ~(a | e),
        ("xnor", "xnor"): lambda a, e: ~(a ^ e),
    }
    u = f"u{bits}"
    for (old, new), function in table.items():
        yield case(names.format(old, new), f"{u} exec scc = {u} exec", _saved(function, bits))
    for old, new in (("andn2", "and_not1"), ("andn1", "and_not0")):
        spelling = archs.split("|")
        listed = "|".join(s.format(new if i == 2 else old) for i, s in enumerate(spelling))
        yield case(listed, f"{u} exec scc = {u} exec", _written(table[old, new], bits))


def _saved(function: Function, bits: int) -> Callable[..., tuple[int, int, bool]]:
    def meaning(a: int, active: int) -> tuple[int, int, bool]:
        new = function(a, active) & ((1 << bits) - 1)
        return active, new, new != 0

    return meaning


def _written(function: Function, bits: int) -> Callable[..., tuple[int, int, bool]]:
    def meaning(a: int, active: int) -> tuple[int, int, bool]:
        new = function(a, active) & ((1 << bits) - 1)
        return new, new, new != 0

    return meaning


def _shifts(bits: int) -> Iterator[Case]:
    u, i, last = f"u{bits}", f"i{bits}", bits - 1
    yield case(f"s_lshl_b{bits}", f"{u} scc = {u} u32", _flagged(lambda a, n: a << (n & last), bits))
    yield case(f"s_lshr_b{bits}", f"{u} scc = {u} u32", _flagged(lambda a, n: a >> (n & last), bits))
    yield case(f"s_ashr_i{bits}", f"{u} scc = {i} u32", _flagged(lambda a, n: a >> (n & last), bits))
    yield case(f"s_bfe_u{bits}", f"{u} scc = {u} u32", _flagged(lambda a, f: _field(a, f, last), bits))
    yield case(f"s_bfe_i{bits}", f"{u} scc = {i} u32", _flagged(lambda a, f: _signed_field(a, f, last), bits))
    yield case(f"s_bfm_b{bits}", f"{u} = u32 u32", lambda w, o: ((1 << (w & last)) - 1) << (o & last))
    yield case(f"s_bitset0_b{bits}", f"{u} = u32 acc:{u}", lambda n, d: d & ~(1 << (n & last)))
    yield case(f"s_bitset1_b{bits}", f"{u} = u32 acc:{u}", lambda n, d: d | 1 << (n & last))
    yield case(f"s_bitcmp0_b{bits}", f"scc = {u} u32", lambda a, n: not a >> (n & last) & 1)
    yield case(f"s_bitcmp1_b{bits}", f"scc = {u} u32", lambda a, n: bool(a >> (n & last) & 1))


def _field(a: int, control: int, last: int) -> int:
    return (a >> (control & last)) & ((1 << (control >> 16 & 127)) - 1)


def _signed_field(a: int, control: int, last: int) -> int:
    count = control >> 16 & 127
    return signed(a >> (control & last), count) if count else 0


def _counts(bits: int) -> Iterator[Case]:
    u, mask = f"u{bits}", (1 << bits) - 1
    yield case(f"s_bcnt0_i32_b{bits}", f"u32 scc = {u}", _flagged(lambda a: (~a & mask).bit_count(), 32))
    yield case(f"s_bcnt1_i32_b{bits}", f"u32 scc = {u}", _flagged(int.bit_count, 32))
    ctz, clz = f"s_ff1_i32_b{bits}", f"s_flbit_i32_b{bits}"
    yield case(f"{ctz}|{ctz}|s_ctz_i32_b{bits}", f"u32 = {u}", first_set)
    yield case(f"{clz}|{clz}|s_clz_i32_u{bits}", f"u32 = {u}", lambda a: leading(a, bits))
    suffix = "_i64" if bits == 64 else ""
    names = f"s_flbit_i32{suffix}|s_flbit_i32{suffix}|s_cls_i32{suffix}"
    yield case(names, f"u32 = {u}", lambda a: leading_signs(a, bits))


def _carry(function: Function) -> Callable[..., tuple[int, bool]]:
    """SCC is the bit that leaves 32 bits, or the borrow."""

    def meaning(*sources: int) -> tuple[int, bool]:
        exact = function(*sources)
        return exact, not 0 <= exact <= M32

    return meaning


def _overflow(function: Function) -> Callable[..., tuple[int, bool]]:
    def meaning(*sources: int) -> tuple[int, bool]:
        exact = function(*sources)
        return exact, not -(1 << 31) <= exact < 1 << 31

    return meaning


def _arithmetic() -> Iterator[Case]:
    unsigned, signed_ = "u32 scc = u32 u32", "i32 scc = i32 i32"
    yield case("s_add_u32", unsigned, _carry(operator.add))
    yield case("s_sub_u32", unsigned, _carry(operator.sub))
    yield case("s_addc_u32", unsigned + " scc", _carry(lambda a, b, c: a + b + c))
    yield case("s_subb_u32", unsigned + " scc", _carry(lambda a, b, c: a - b - c))
    yield case("s_add_i32", signed_, _overflow(operator.add))
    yield case("s_sub_i32", signed_, _overflow(operator.sub))
    yield case("s_mul_i32", "u32 = u32 u32", operator.mul)
    yield case("s_mul_hi_u32", "u32 = u32 u32", lambda a, b: a * b >> 32)
    yield case("s_mul_hi_i32", "i32 = i32 i32", lambda a, b: a * b >> 32)
    yield case("s_abs_i32", "u32 scc = i32", _flagged(abs, 32))
    yield case("s_absdiff_i32", "u32 scc = i32 i32", _flagged(lambda a, b: abs(signed(a - b, 32)), 32))
    for kind in ("i32", "u32"):
        # Documents disagree on SCC when both are equal.
        yield case(f"s_min_{kind}", f"{kind} scc = {kind} {kind}", lambda a, b: None if a == b else (min(a, b), a < b))
        yield case(f"s_max_{kind}", f"{kind} scc = {kind} {kind}", lambda a, b: None if a == b else (max(a, b), a > b))
    for n in range(1, 5):
        yield case(f"s_lshl{n}_add_u32", unsigned, _carry(lambda a, b, n=n: (a << n) + b))
    yield case("s_sext_i32_i8", "i32 = u32", lambda a: signed(a, 8))
    yield case("s_sext_i32_i16", "i32 = u32", lambda a: signed(a, 16))
    yield case("s_pack_ll_b32_b16", "u32 = u32 u32", lambda a, b: a & 0xFFFF | b << 16)
    yield case("s_pack_lh_b32_b16", "u32 = u32 u32", lambda a, b: a & 0xFFFF | b >> 16 << 16)
    yield case("s_pack_hh_b32_b16", "u32 = u32 u32", lambda a, b: a >> 16 | b >> 16 << 16)
    yield case("-|-|s_pack_hl_b32_b16", "u32 = u32 u32", lambda a, b: a >> 16 | b << 16)


_RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "eq": operator.eq,
    "lg": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def _comparisons() -> Iterator[Case]:
    for name, relation in _RELATIONS.items():
        for kind in ("i32", "u32"):
            yield case(f"s_cmp_{name}_{kind}", f"scc = {kind} {kind}", relation)
            for immediate in (0, 0x7FFF, 0xFF80):
                wide = signed(immediate, 16) if kind == "i32" else immediate
                compare = lambda a, wide=wide, relation=relation: relation(a, wide)  # noqa: E731
                yield case(f"s_cmpk_{name}_{kind}", f"scc = {kind} imm", compare, immediate=immediate)
    yield case("s_cmp_eq_u64", "scc = u64 u64", operator.eq)
    yield case("s_cmp_lg_u64", "scc = u64 u64", operator.ne)


def _immediates() -> Iterator[Case]:
    for immediate in (1, 0x7FFF, 0x8000, 0xFF80):
        wide, options = signed(immediate, 16), {"immediate": immediate}
        yield case("s_movk_i32", "i32 = imm", lambda w=wide: w, **options)
        yield case("s_cmovk_i32", "i32 = acc:i32 imm scc", lambda d, c, w=wide: w if c else d, **options)
        yield case("s_addk_i32", "i32 scc = acc:i32 imm", _overflow(lambda d, w=wide: d + w), **options)
        yield case("s_mulk_i32", "i32 = acc:i32 imm", lambda d, w=wide: d * w, **options)


def _newer() -> Iterator[Case]:
    """gfx12's 64-bit arithmetic and the names it has for older operations."""
    yield case("gfx1201=s_add_nc_u64", "u64 = u64 u64", operator.add)
    yield case("gfx1201=s_sub_nc_u64", "u64 = u64 u64", operator.sub)
    yield case("gfx1201=s_mul_u64", "u64 = u64 u64", operator.mul)
    unsigned, signed_ = "u32 scc = u32 u32", "i32 scc = i32 i32"
    yield case("gfx1201=s_add_co_u32", unsigned, _carry(operator.add))
    yield case("gfx1201=s_sub_co_u32", unsigned, _carry(operator.sub))
    yield case("gfx1201=s_add_co_ci_u32", unsigned + " scc", _carry(lambda a, b, c: a + b + c))
    yield case("gfx1201=s_sub_co_ci_u32", unsigned + " scc", _carry(lambda a, b, c: a - b - c))
    yield case("gfx1201=s_add_co_i32", signed_, _overflow(operator.add))
    yield case("gfx1201=s_sub_co_i32", signed_, _overflow(operator.sub))
    yield case("gfx1201=s_addk_co_i32", "i32 scc = acc:i32 imm", _overflow(lambda d: d - 128), immediate=0xFF80)


def scalar_cases() -> Iterator[Case]:
    """All of them."""
    for bits in (32, 64):
        for family in (_logic, _shifts, _counts):
            yield from family(bits)
    yield from _arithmetic()
    yield from _comparisons()
    yield from _immediates()
    yield from _newer()
