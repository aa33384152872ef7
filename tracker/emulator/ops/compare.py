"""Vector comparisons: `v_cmp_*` writes a lane mask, `v_cmpx_*` narrows EXEC (see `lanes.py`)."""

from typing import Any

import numpy as np

from tracker.emulator.operation import define


def _unordered(a: Any, b: Any) -> Any:
    return np.isnan(a) | np.isnan(b)


def _never(a: Any, b: Any, out: Any) -> None:
    out[...] = False


def _always(a: Any, b: Any, out: Any) -> None:
    out[...] = True


def _not(compare: Any) -> Any:
    return lambda a, b, m: np.invert(compare(a, b), m)


_ORDER: dict[str, Any] = {
    "lt": np.less,
    "eq": np.equal,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
_INTEGER: dict[str, Any] = {**_ORDER, "ne": np.not_equal, "f": _never, "t": _always}
_FLOAT: dict[str, Any] = {
    **_ORDER,
    "lg": lambda a, b, m: np.logical_or(a < b, a > b, m),
    "o": lambda a, b, m: np.invert(_unordered(a, b), m),
    "u": lambda a, b, m: np.copyto(m, _unordered(a, b)),
    "nge": _not(np.greater_equal),
    "nlg": lambda a, b, m: np.invert((a < b) | (a > b), m),
    "ngt": _not(np.greater),
    "nle": _not(np.less_equal),
    "neq": np.not_equal,
    "nlt": _not(np.less),
    "f": _never,
    "t": _always,
    "tru": _always,
}

for _kind in ("i16", "u16", "i32", "u32", "i64", "u64"):
    for _name, _compare in _INTEGER.items():
        define(f"v_cmp_{_name}_{_kind}", "mask", f"{_kind} {_kind}", _compare)
for _kind in ("f16", "f32", "f64"):
    for _name, _compare in _FLOAT.items():
        define(f"v_cmp_{_name}_{_kind}", "mask", f"{_kind} {_kind}", _compare)


def _classes(a: Any, width: int) -> Any:
    """The class bit (ISA, v_cmp_class: 0 signalling NaN … 9 positive infinity) of each float."""
    mantissa, exponent_bits = {16: (10, 5), 32: (23, 8), 64: (52, 11)}[width]
    bits = a.view(f"<u{width // 8}").astype(np.uint64)
    fraction = bits & np.uint64((1 << mantissa) - 1)
    exponent = (bits >> np.uint64(mantissa)) & np.uint64((1 << exponent_bits) - 1)
    negative = (bits >> np.uint64(width - 1)) == 1
    top = exponent == (1 << exponent_bits) - 1
    quiet = (fraction >> np.uint64(mantissa - 1)) == 1
    sided = np.select([top, exponent != 0, fraction != 0], [0, 1, 2], 3)
    positive_bit = np.array([9, 8, 7, 6])[sided]
    negative_bit = np.array([2, 3, 4, 5])[sided]
    number = np.where(negative, negative_bit, positive_bit)
    return np.where(top & (fraction != 0), np.where(quiet, 1, 0), number)


def _class(width: int) -> Any:
    def function(a: Any, wanted: Any, out: Any) -> None:
        np.not_equal((wanted >> _classes(a, width).astype(wanted.dtype)) & wanted.dtype.type(1), 0, out)

    return function


for _width in (16, 32, 64):
    define(f"v_cmp_class_f{_width}", "mask", f"f{_width} {'u16' if _width == 16 else 'u32'}", _class(_width))
