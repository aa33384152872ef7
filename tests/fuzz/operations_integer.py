"""Pure integer operations of generated programs, scalar and packed."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.fuzz.kinds import BOOL, I32, I64, INTEGERS, KINDS, U8, U16, U32, U64, Array, Kind
from tests.fuzz.tree import Operation

Numbers = Any  # numpy arrays whose element type the operation fixes


def _promoted(kind: Kind) -> str:
    return "u64" if kind.bits == 64 else "u32"


def _arithmetic(kind: Kind) -> Iterator[Operation]:
    two, p = (kind, kind), _promoted(kind)
    yield Operation("add", kind, two, f"{kind.name}({p}({{0}}) + {p}({{1}}))", lambda a, b: a + b, 3)
    yield Operation("sub", kind, two, f"{kind.name}({p}({{0}}) - {p}({{1}}))", lambda a, b: a - b, 2)
    yield Operation("mul", kind, two, f"{kind.name}({p}({{0}}) * {p}({{1}}))", lambda a, b: a * b, 2)
    yield Operation("and", kind, two, f"{kind.name}({{0}} & {{1}})", lambda a, b: a & b)
    yield Operation("or", kind, two, f"{kind.name}({{0}} | {{1}})", lambda a, b: a | b)
    yield Operation("xor", kind, two, f"{kind.name}({{0}} ^ {{1}})", lambda a, b: a ^ b)
    yield Operation("not", kind, (kind,), f"{kind.name}(~{{0}})", lambda a: ~a)
    yield Operation("neg", kind, (kind,), f"{kind.name}({p}(0) - {p}({{0}}))", lambda a: np.zeros_like(a) - a)
    yield Operation("min", kind, two, "__builtin_elementwise_min({0}, {1})", np.minimum)
    yield Operation("max", kind, two, "__builtin_elementwise_max({0}, {1})", np.maximum)
    yield Operation("select", kind, (BOOL, kind, kind), "({0} ? {1} : {2})", np.where, 2)


def shift_left(kind: Kind) -> Callable[[Numbers, Numbers], Array]:
    """Shift by the count modulo the width, in the unsigned type."""

    def evaluate(value: Numbers, count: Numbers) -> Array:
        amount = (count & (kind.bits - 1)).astype(kind.unsigned)
        return np.asarray((value.view(kind.unsigned) << amount).view(kind.dtype))

    return evaluate


def shift_right(kind: Kind) -> Callable[[Numbers, Numbers], Array]:
    """Arithmetic for signed kinds, logical for unsigned ones."""

    def evaluate(value: Numbers, count: Numbers) -> Array:
        return np.asarray(value >> (count & (kind.bits - 1)).astype(kind.dtype))

    return evaluate


def _shifts(kind: Kind) -> Iterator[Operation]:
    arguments, mask = (kind, U32), kind.bits - 1
    left = f"{kind.name}({_promoted(kind)}({{0}}) << ({{1}} & {mask}u))"
    yield Operation("shl", kind, arguments, left, shift_left(kind), 2)
    yield Operation("shr", kind, arguments, f"{kind.name}({{0}} >> ({{1}} & {mask}u))", shift_right(kind), 2)


def _quotient(kind: Kind) -> Callable[[Numbers, Numbers], Array]:
    def evaluate(a: Numbers, b: Numbers) -> Array:
        if not kind.is_signed:
            return np.asarray(a // (b | kind.dtype.type(1)))
        divisor = ((b & np.iinfo(kind.dtype).max) | kind.dtype.type(1)).view(kind.unsigned)
        magnitude = np.where(a < 0, np.zeros_like(a) - a, a).view(kind.unsigned)
        result = (magnitude // divisor).view(kind.dtype)
        return np.where(a < 0, np.zeros_like(result) - result, result)

    return evaluate


def _remainder(kind: Kind) -> Callable[[Numbers, Numbers], Array]:
    quotient = _quotient(kind)

    def evaluate(a: Numbers, b: Numbers) -> Array:
        one = kind.dtype.type(1)
        divisor = (b & np.iinfo(kind.dtype).max) | one if kind.is_signed else b | one
        return np.asarray(a - quotient(a, b) * divisor)

    return evaluate


def _division(kind: Kind) -> Iterator[Operation]:
    top = f"& {kind.name}({hex(np.iinfo(kind.dtype).max)})" if kind.is_signed else ""
    divisor = f"{kind.name}(({{1}} {top}) | 1)"
    weight = 0.1 if kind.bits == 64 else 0.3
    yield Operation("div", kind, (kind, kind), f"{kind.name}({{0}} / {divisor})", _quotient(kind), weight)
    yield Operation("rem", kind, (kind, kind), f"{kind.name}({{0}} % {divisor})", _remainder(kind), weight)


def _saturated(kind: Kind, sign: int) -> Callable[[Numbers, Numbers], Array]:
    wide = object if kind.bits == 64 else np.int64

    def evaluate(a: Numbers, b: Numbers) -> Array:
        limits = np.iinfo(kind.dtype)
        return np.clip(a.astype(wide) + sign * b.astype(wide), limits.min, limits.max).astype(kind.dtype)

    return evaluate


def _saturation(kind: Kind) -> Iterator[Operation]:
    two = (kind, kind)
    text = "saturated_sum({0}, {1})" if kind.bits == 64 else "__builtin_elementwise_add_sat({0}, {1})"
    yield Operation("add_sat", kind, two, text, _saturated(kind, 1), 0.5)
    yield Operation("sub_sat", kind, two, "__builtin_elementwise_sub_sat({0}, {1})", _saturated(kind, -1), 0.5)


def _comparisons(kind: Kind) -> Iterator[Operation]:
    for name, sign, function in (
        ("eq", "==", np.equal),
        ("ne", "!=", np.not_equal),
        ("lt", "<", np.less),
        ("le", "<=", np.less_equal),
        ("gt", ">", np.greater),
        ("ge", ">=", np.greater_equal),
    ):
        yield Operation(name, BOOL, (kind, kind), f"({{0}} {sign} {{1}})", function, 0.3)


def _conversions(kind: Kind) -> Iterator[Operation]:
    for source in INTEGERS:
        if source != kind:
            yield Operation(f"from_{source.name}", kind, (source,), f"{kind.name}({{0}})", _cast(kind), 0.25)
    yield Operation("from_bool", kind, (BOOL,), f"{kind.name}({{0}})", _cast(kind), 0.25)


def _cast(kind: Kind) -> Callable[[Numbers], Array]:
    return lambda a: np.asarray(a.astype(kind.dtype))


def _reversed_bits(bits: int) -> Callable[[Numbers], Array]:
    def evaluate(a: Numbers) -> Array:
        return np.array([int(f"{int(x):0{bits}b}"[::-1], 2) for x in a], dtype=a.dtype)

    return evaluate


def _rotated(kind: Kind) -> Callable[[Numbers, Numbers], Array]:
    left, right = shift_left(kind), shift_right(kind)
    return lambda a, n: left(a, n) | right(a, np.zeros_like(n) - n)


def _bit_counts(kind: Kind) -> Iterator[Operation]:
    suffix = "64" if kind.bits == 64 else ""
    one, width = (kind,), kind.bits
    texts = {
        "popcount": (f"u32(__builtin_popcount{'l' if suffix else ''}({{0}}))", lambda s: s.count("1")),
        "leading": (f"leading_zeros{suffix}({{0}})", lambda s: len(s) - len(s.lstrip("0"))),
        "trailing": (f"trailing_zeros{suffix}({{0}})", lambda s: len(s) - len(s.rstrip("0"))),
    }
    for name, (spelling, count) in texts.items():
        yield Operation(name, U32, one, spelling, _counted(count, width), 0.7)


def _counted(count: Callable[[str], int], width: int) -> Callable[[Numbers], Array]:
    return lambda a: np.array([count(f"{int(x):0{width}b}") for x in a], np.uint32)


def _bit_operations(kind: Kind) -> Iterator[Operation]:
    bits, two = kind.bits, (kind, U32)
    yield Operation("brev", kind, (kind,), f"{kind.name}(__builtin_bitreverse{bits}({{0}}))", _reversed_bits(bits), 0.5)
    rotate = f"{kind.name}(__builtin_rotateleft{bits}({{0}}, {kind.name}({{1}})))"
    yield Operation("rotl", kind, two, rotate, _rotated(kind), 0.5)
    if bits > 8:
        yield Operation(
            "bswap", kind, (kind,), f"{kind.name}(__builtin_bswap{bits}({{0}}))", lambda a: a.byteswap(), 0.5
        )


def _permuted_bytes(a: Numbers, b: Numbers, selectors: Numbers) -> Array:
    def one(high: int, low: int, selector: int) -> int:
        pool = (int(high) << 32 | int(low)).to_bytes(8, "little")
        signs = [255 if pool[i] & 128 else 0 for i in (1, 3, 5, 7)]
        table = [*pool, *signs, 0, 255, 255, 255]
        picked = [table[s] if s < 16 else 255 for s in int(selector).to_bytes(4, "little")]
        return int.from_bytes(bytes(picked), "little")

    return np.array([one(*x) for x in zip(a, b, selectors, strict=True)], np.uint32)


def _dot(dtype: type) -> Callable[[Numbers, Numbers, Numbers], Array]:
    def evaluate(a: Numbers, b: Numbers, c: Numbers) -> Array:
        left = np.ascontiguousarray(a).view(dtype).reshape(-1, 4).astype(np.int64)
        right = np.ascontiguousarray(b).view(dtype).reshape(-1, 4).astype(np.int64)
        return ((left * right).sum(axis=1) + c).astype(np.uint32)

    return evaluate


def _sum_of_differences(a: Numbers, b: Numbers, c: Numbers) -> Array:
    left = np.ascontiguousarray(a).view(np.uint8).reshape(-1, 4).astype(np.int64)
    right = np.ascontiguousarray(b).view(np.uint8).reshape(-1, 4).astype(np.int64)
    return (np.abs(left - right).sum(axis=1) + c).astype(np.uint32)


def _field(a: Numbers, offset: Numbers, width: Numbers) -> Array:
    return np.asarray((a >> (offset & 31)) & ((np.uint32(1) << (width & 31)) - np.uint32(1)))


def _signed_field(a: Numbers, offset: Numbers, width: Numbers) -> Array:
    def one(value: int, start: int, count: int) -> int:
        if count == 0:
            return 0
        signed = value - (1 << 32) if value >> 31 else value
        field = (signed >> start) & ((1 << count) - 1)
        return (field - (1 << count) if field >> (count - 1) else field) & 0xFFFFFFFF

    triples = zip(a, offset & 31, width & 31, strict=True)
    return np.array([one(int(x), int(o), int(w)) for x, o, w in triples], np.uint32)


def _wide(a: Numbers) -> Any:
    return a.astype(np.int64) if a.dtype.kind == "i" else a.astype(np.uint64)


def _aligned_bits(a: Numbers, b: Numbers, count: Numbers) -> Array:
    return (((_wide(a) << np.uint64(32)) | _wide(b)) >> _wide(count & 31)).astype(np.uint32)


def _single_word() -> Iterator[Operation]:
    """Operations on 32-bit words for which the hardware has an instruction of its own."""
    one, two, three = (U32,), (U32, U32), (U32, U32, U32)
    low24 = np.uint32(0xFFFFFF)
    yield Operation("perm", U32, three, "__builtin_amdgcn_perm({0}, {1}, {2})", _permuted_bytes)
    yield Operation("alignbit", U32, three, "__builtin_amdgcn_alignbit({0}, {1}, {2})", _aligned_bits)
    yield Operation("ubfe", U32, three, "field({0}, {1} & 31u, {2} & 31u)", _field)
    yield Operation("sbfe", U32, three, "u32(__builtin_amdgcn_sbfe(i32({0}), {1} & 31u, {2} & 31u))", _signed_field)
    yield Operation("sdot4", U32, three, "dot_signed({0}, {1}, {2})", _dot(np.int8), 1.5)
    yield Operation("udot4", U32, three, "dot_unsigned({0}, {1}, {2})", _dot(np.uint8))
    yield Operation("sad", U32, three, "__builtin_amdgcn_sad_u8({0}, {1}, {2})", _sum_of_differences, 0.5)
    yield Operation("bfi", U32, three, "(({0} & {1}) | (~{0} & {2}))", lambda m, a, b: (m & a) | (~m & b))
    yield Operation(
        "mul24", U32, two, "(({0} & 0xffffffu) * ({1} & 0xffffffu))", lambda a, b: (a & low24) * (b & low24)
    )
    yield Operation("difference", U32, two, "difference({0}, {1})", lambda a, b: np.where(a > b, a - b, b - a), 0.5)
    yield Operation("carry", U32, two, "carry_of_sum({0}, {1})", lambda a, b: (a + b < a).astype(np.uint32), 0.5)
    yield Operation("mulhi", U32, two, "u32((u64({0}) * {1}) >> 32)", lambda a, b: _high(_wide(a) * _wide(b)), 1)
    yield Operation("byte", U32, one, "(({0} >> 8) & 255u)", lambda a: (a >> np.uint32(8)) & np.uint32(255))
    yield Operation("abs", I32, (I32,), "__builtin_elementwise_abs({0})", np.abs)
    yield Operation("mulhi", I32, (I32, I32), "i32((i64({0}) * {1}) >> 32)", lambda a, b: _high(_wide(a) * _wide(b)))
    yield Operation("overflow", U32, (I32, I32), "overflow_of_sum({0}, {1})", _overflow, 0.5)


def _high(product: Numbers) -> Array:
    half = product >> product.dtype.type(32)
    return np.asarray(half.astype(np.int32 if product.dtype.kind == "i" else np.uint32))


def _overflow(a: Numbers, b: Numbers) -> Array:
    exact = a.astype(np.int64) + b.astype(np.int64)
    return (exact != (a + b)).astype(np.uint32)


def _high_product(a: Numbers, b: Numbers) -> Array:
    return np.array([int(x) * int(y) >> 64 for x, y in zip(a, b, strict=True)], np.uint64)


def _double_word() -> Iterator[Operation]:
    yield Operation("mad", U64, (U32, U32, U64), "(u64({0}) * {1} + {2})", lambda a, b, c: _wide(a) * _wide(b) + c)
    text = "i64(u64(i64({0}) * {1}) + u64({2}))"
    yield Operation("mad", I64, (I32, I32, I64), text, lambda a, b, c: _wide(a) * _wide(b) + c)
    joined = "(u64({0}) << 32 | {1})"
    yield Operation("join", U64, (U32, U32), joined, lambda a, b: (_wide(a) << np.uint64(32)) | _wide(b), 2)
    high = "u64(((unsigned __int128)({0}) * {1}) >> 64)"
    yield Operation("mulhi", U64, (U64, U64), high, _high_product, 0.3)


def _packed(kind: Kind) -> Iterator[Operation]:
    """Small integers side by side; only unsigned ones wrap, so only they add and multiply."""
    two, name, last = (kind, kind), kind.name, kind.bits - 1
    yield Operation("min", kind, two, "__builtin_elementwise_min({0}, {1})", np.minimum)
    yield Operation("max", kind, two, "__builtin_elementwise_max({0}, {1})", np.maximum)
    yield Operation("and", kind, two, "({0} & {1})", lambda a, b: a & b)
    yield Operation(
        "shr", kind, (kind, U32), f"({{0}} >> {name}({kind.element.name}({{1}} & {last}u)))", _pair_right(kind)
    )
    yield from _saturation(kind)
    if not kind.is_signed:
        yield Operation("add", kind, two, "({0} + {1})", lambda a, b: a + b, 2)
        yield Operation("sub", kind, two, "({0} - {1})", lambda a, b: a - b)
        yield Operation("mul", kind, two, "({0} * {1})", lambda a, b: a * b, 2)
        mask = kind.dtype.type(last)
        yield Operation("shl", kind, two, f"({{0}} << ({{1}} & {name}({last})))", lambda a, n: a << (n & mask))


def _pair_right(kind: Kind) -> Callable[[Numbers, Numbers], Array]:
    return lambda a, n: a >> (n & np.uint32(kind.bits - 1)).astype(kind.dtype)[:, None]


def _words(kind: Kind) -> Iterator[Operation]:
    two = (kind, kind)
    yield Operation("add", kind, two, "({0} + {1})", lambda a, b: a + b)
    yield Operation("xor", kind, two, "({0} ^ {1})", lambda a, b: a ^ b)


def make_vector(kind: Kind) -> Iterator[Operation]:
    """Vectors from elements, elements from vectors, and a rotation of the elements."""
    element, count = kind.element, kind.elements
    parts = ", ".join(f"{{{i}}}" for i in range(count))
    yield Operation(
        "make", kind, (element,) * count, f"({kind.name}{{{{{parts}}}}})", lambda *x: np.stack(x, axis=1), 3
    )
    for i in range(count):
        yield Operation(f"element{i}", element, (kind,), f"({{0}})[{i}]", lambda a, i=i: a[:, i].copy(), 0.3)
    order = ", ".join(str((i + 1) % count) for i in range(count))
    turn = f"__builtin_shufflevector({{0}}, {{0}}, {order})"
    yield Operation("turn", kind, (kind,), turn, lambda a: np.roll(a, -1, axis=1), 0.5)


def _recast(dtype: type) -> Callable[[Numbers], Array]:
    def evaluate(a: Numbers) -> Array:
        flat = np.ascontiguousarray(a).view(np.uint8).reshape(len(a), -1).view(dtype)
        return flat[:, 0].copy() if flat.shape[1] == 1 else flat.copy()

    return evaluate


def _bit_casts() -> Iterator[Operation]:
    pairs = [("u32", "u16x2"), ("u32", "i16x2"), ("u64", "u32x2"), ("u32", "u8x4"), ("u32", "i8x4")]
    for scalar, vector in pairs:
        whole, parts = KINDS[scalar], KINDS[vector]
        text = "recast<{}>({{0}})"
        yield Operation("bits", whole, (parts,), text.format(scalar), _recast(whole.dtype.type), 0.5)
        yield Operation("bits", parts, (whole,), text.format(vector), _recast(parts.dtype.type))


def _logic() -> Iterator[Operation]:
    two = (BOOL, BOOL)
    yield Operation("and", BOOL, two, "({0} & {1})", np.logical_and)
    yield Operation("or", BOOL, two, "({0} | {1})", np.logical_or)
    yield Operation("xor", BOOL, two, "({0} ^ {1})", np.logical_xor)
    yield Operation("not", BOOL, (BOOL,), "(!{0})", np.logical_not)


def integer_operations() -> Iterator[Operation]:
    """All of them."""
    for kind in INTEGERS:
        for family in (_arithmetic, _shifts, _division, _saturation, _comparisons, _conversions):
            yield from family(kind)
    for kind in (U8, U16, U32, U64):
        yield from _bit_operations(kind)
    for kind in (U32, U64):
        yield from _bit_counts(kind)
    yield from _single_word()
    yield from _double_word()
    for name in ("u16x2", "i16x2", "u8x4", "i8x4"):
        yield from _packed(KINDS[name])
    for name in ("u32x2", "u32x4"):
        yield from _words(KINDS[name])
    yield from _bit_casts()
    yield from _logic()
