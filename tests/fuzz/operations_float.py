"""Pure floating point operations of generated programs. Arithmetic rounds once, to nearest even; denormals stay."""

import ctypes
import ctypes.util
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.fuzz.kinds import BOOL, F16, F32, F64, FLOATS, I32, INTEGERS, KINDS, U16, U32, U64, Array, Kind
from tests.fuzz.tree import Operation

Numbers = Any  # numpy arrays whose element type the operation fixes


def _c_function(name: str, number: type) -> Callable[..., float]:
    function: Any = ctypes.CDLL(ctypes.util.find_library("m"))[name]
    function.argtypes, function.restype = [number] * 3, number
    return lambda *arguments: float(function(*arguments))


_FMA = {
    32: np.frompyfunc(_c_function("fmaf", ctypes.c_float), 3, 1),
    64: np.frompyfunc(_c_function("fma", ctypes.c_double), 3, 1),
}


def fused(a: Numbers, b: Numbers, c: Numbers) -> Array:
    """a * b + c rounded once, by the C library. Halves: a double sum is exact wherever it is near a tie of halves."""
    if a.dtype == np.float16:
        return (a.astype(np.float64) * b.astype(np.float64) + c.astype(np.float64)).astype(np.float16)
    wide = (x.astype(np.float64) for x in (a, b, c))
    return np.asarray(_FMA[a.dtype.itemsize * 8](*wide)).astype(a.dtype)


def _lesser(a: Numbers, b: Numbers) -> Array:
    return np.asarray(np.fmin(a, b) + a.dtype.type(0))


def _greater(a: Numbers, b: Numbers) -> Array:
    return np.asarray(np.fmax(a, b) + a.dtype.type(0))


def _suffix(kind: Kind) -> str:
    return {16: "f16", 32: "f", 64: ""}[kind.bits]


def _arithmetic(kind: Kind) -> Iterator[Operation]:
    one, two, three = (kind,), (kind, kind), (kind, kind, kind)
    slow = 0.25 if kind.bits == 64 else 0.7
    yield Operation("add", kind, two, "({0} + {1})", lambda a, b: a + b, 3)
    yield Operation("sub", kind, two, "({0} - {1})", lambda a, b: a - b, 2)
    yield Operation("mul", kind, two, "({0} * {1})", lambda a, b: a * b, 3)
    yield Operation("fma", kind, three, "__builtin_elementwise_fma({0}, {1}, {2})", fused, 3)
    yield Operation("neg", kind, one, "(-{0})", lambda a: -a)
    yield Operation("min", kind, two, "lesser({0}, {1})", _lesser)
    yield Operation("max", kind, two, "greater({0}, {1})", _greater)
    if kind.is_vector:
        return
    yield Operation("div", kind, two, "({0} / {1})", lambda a, b: a / b, slow)
    yield Operation("sqrt", kind, one, "square_root({0})", np.sqrt, slow)
    yield Operation("abs", kind, one, "__builtin_elementwise_abs({0})", np.abs)
    yield Operation("select", kind, (BOOL, kind, kind), "({0} ? {1} : {2})", np.where, 2)
    yield Operation("sign", kind, two, "with_sign({0}, {1})", _with_sign)


def _with_sign(a: Numbers, sign: Numbers) -> Array:
    return np.where(np.isnan(sign), a, np.copysign(a, sign))


def _away_from_zero(a: Numbers) -> Array:
    """round(): halves go away from zero. The difference to the truncated value is exact."""
    whole = np.trunc(a)
    up = np.abs(a - whole) >= a.dtype.type(0.5)
    result = np.where(up, whole + np.copysign(a.dtype.type(1), a), whole)
    return np.copysign(result, a)


def _rounding(kind: Kind) -> Iterator[Operation]:
    functions = {
        "trunc": np.trunc,
        "floor": np.floor,
        "ceil": np.ceil,
        "roundeven": np.rint,
        "round": _away_from_zero,
    }
    for name, function in functions.items():
        yield Operation(name, kind, (kind,), f"__builtin_elementwise_{name}({{0}})", function, 0.5)
    ldexp = f"__builtin_ldexp{_suffix(kind)}"  # the one for halves returns __fp16
    yield Operation("ldexp", kind, (kind, I32), f"{kind.name}({ldexp}({{0}}, {{1}}))", _scaled(kind), 0.7)


def _scaled(kind: Kind) -> Callable[[Numbers, Numbers], Array]:
    def evaluate(a: Numbers, exponent: Numbers) -> Array:
        bounded = np.clip(exponent, -5000, 5000)
        return np.ldexp(a.astype(np.longdouble), bounded).astype(kind.dtype)

    return evaluate


def _comparisons(kind: Kind) -> Iterator[Operation]:
    two = (kind, kind)
    table = {
        "==": np.equal,
        "!=": np.not_equal,
        "<": np.less,
        "<=": np.less_equal,
        ">": np.greater,
        ">=": np.greater_equal,
    }
    for sign, function in table.items():
        yield Operation(sign, BOOL, two, f"({{0}} {sign} {{1}})", function, 0.4)
        yield Operation(f"not {sign}", BOOL, two, f"(!({{0}} {sign} {{1}}))", _negated(function), 0.2)
    yield Operation("isnan", BOOL, (kind,), "__builtin_isnan({0})", np.isnan, 0.3)
    yield Operation("isinf", BOOL, (kind,), "__builtin_isinf({0})", np.isinf, 0.3)


def _negated(function: Callable[..., Array]) -> Callable[..., Array]:
    return lambda a, b: ~function(a, b)


def _cast(kind: Kind) -> Callable[[Numbers], Array]:
    return lambda a: np.asarray(a.astype(kind.dtype))


def _truncated(target: Kind, source: Kind) -> tuple[str, Callable[[Numbers], Array]]:
    """C text and meaning of a conversion that gives 0 outside an open interval inside the target's range."""
    limits = np.iinfo(target.dtype)
    largest = float(np.finfo(source.dtype).max)
    steps = float(2 ** max(0, target.bits - np.finfo(source.dtype).nmant - 1))
    low, high = max(float(limits.min), -largest), min(float(limits.max) - steps, largest)

    def evaluate(a: Numbers) -> Array:
        inside = (a > source.dtype.type(low)) & (a < source.dtype.type(high))
        return np.where(inside, a, source.dtype.type(0)).astype(target.dtype)

    return f"truncated<{target.name}>({{0}}, {low.hex()}, {high.hex()})", evaluate


def _conversions(kind: Kind) -> Iterator[Operation]:
    for integer in INTEGERS:
        weight = 0.1 if integer.bits == 64 else 0.4
        yield Operation(f"from_{integer.name}", kind, (integer,), f"{kind.name}({{0}})", _cast(kind), weight)
        text, evaluate = _truncated(integer, kind)
        yield Operation(f"from_{kind.name}", integer, (kind,), text, evaluate, weight)
    for source in FLOATS:
        if source != kind:
            yield Operation(f"from_{source.name}", kind, (source,), f"{kind.name}({{0}})", _cast(kind), 1)


def _bits_of(kind: Kind) -> Callable[[Numbers], Array]:
    quiet = {16: 0x7E00, 32: 0x7FC00000, 64: 0x7FF8000000000000}[kind.bits]
    return lambda a: np.where(np.isnan(a), kind.unsigned.type(quiet), np.ascontiguousarray(a).view(kind.unsigned))


def _of_bits(kind: Kind) -> Callable[[Numbers], Array]:
    exponent = {16: 0x7C00, 32: 0x7F800000, 64: 0x7FF0000000000000}[kind.bits]
    sign = 1 << (kind.bits - 1)

    def evaluate(bits: Numbers) -> Array:
        special = (bits & exponent) == exponent
        return np.where(special, bits & (exponent | sign), bits).astype(kind.unsigned).view(kind.dtype)

    return evaluate


def _bit_casts() -> Iterator[Operation]:
    for kind, bits, name in ((F16, U16, "half"), (F32, U32, "float"), (F64, U64, "double")):
        yield Operation("bits", bits, (kind,), "bits_of({0})", _bits_of(kind), 0.5)
        yield Operation("of_bits", kind, (bits,), f"{name}_of_bits({{0}})", _of_bits(kind), 0.5)


def _mixed() -> Iterator[Operation]:
    """Halves widened into a single-precision fma: the pattern of v_fma_mix."""
    three = (F16, F16, F32)
    text = "__builtin_fmaf(f32({0}), f32({1}), {2})"
    yield Operation("mix", F32, three, text, _mix, 2)
    yield Operation("mix", F16, three, f"f16({text})", lambda a, b, c: _mix(a, b, c).astype(np.float16), 1)


def _mix(a: Numbers, b: Numbers, c: Numbers) -> Array:
    return fused(a.astype(np.float32), b.astype(np.float32), c)


def float_operations() -> Iterator[Operation]:
    """All of them."""
    for kind in FLOATS:
        for family in (_arithmetic, _rounding, _comparisons, _conversions):
            yield from family(kind)
    for name in ("f16x2", "f32x2"):
        yield from _arithmetic(KINDS[name])
    yield from _bit_casts()
    yield from _mixed()
