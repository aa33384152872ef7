"""Vector comparisons. `v_cmp_*` gives a lane mask; inactive lanes' bits are 0. `v_cmpx_*` narrows EXEC."""

import math
import operator
from collections.abc import Callable, Iterator

from tests.opcodes.cases import Case, case

Relation = Callable[..., bool]

_ORDER: dict[str, Relation] = {
    "lt": operator.lt,
    "eq": operator.eq,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_INTEGER: dict[str, Relation] = {**_ORDER, "ne": operator.ne}


def _ordered(a: float, b: float) -> bool:
    return not (math.isnan(a) or math.isnan(b))


def _negated(relation: Relation) -> Relation:
    return lambda a, b: not relation(a, b)


def _less_or_greater(a: float, b: float) -> bool:
    return a < b or a > b


_FLOAT: dict[str, Relation] = {
    **_ORDER,
    "lg": _less_or_greater,
    "o": _ordered,
    "u": _negated(_ordered),
    "nge": _negated(operator.ge),
    "nlg": _negated(_less_or_greater),
    "ngt": _negated(operator.gt),
    "nle": _negated(operator.le),
    "neq": _negated(operator.eq),
    "nlt": _negated(operator.lt),
}

RELATIONS: dict[str, dict[str, Relation]] = {
    **{kind: _INTEGER for kind in ("i16", "u16", "i32", "u32", "i64", "u64")},
    **{kind: _FLOAT for kind in ("f16", "f32", "f64")},
}


def _class(kind: str) -> Relation:
    """Bit of `wanted` that belongs to the class of `a`."""
    smallest = {"f16": 2.0**-14, "f32": 2.0**-126, "f64": 2.0**-1022}[kind]

    def member(a: float, wanted: int) -> bool:
        return bool(wanted >> _class_number(a, smallest) & 1)

    return member


def _class_number(a: float, smallest: float) -> int:
    """0 signalling NaN, 1 quiet NaN, 2 to 5: -infinity, -normal, -denormal, -0, 6 to 9: the same from +0 up."""
    if math.isnan(a):
        return 1
    distance = 3 if math.isinf(a) else 0 if a == 0 else 1 if abs(a) < smallest else 2
    return 5 - distance if math.copysign(1, a) < 0 else 6 + distance


def _constant_relations() -> Iterator[Case]:
    """Comparisons that are always false or always true; gfx10 lost those of 16-bit integers."""
    for kind in RELATIONS:
        old = "-" if kind in ("i16", "u16") else f"v_cmp_f_{kind}"
        yield case(f"v_cmp_f_{kind}|{old}|{old}", f"mask = {kind} {kind}", lambda a, b: False)
        old = "-" if kind in ("i16", "u16") else f"v_cmp_t_{kind}"
        first = f"v_cmp_t_{kind}" if kind[0] != "f" else f"v_cmp_tru_{kind}"
        second = first if kind[0] == "f" else old
        yield case(f"{first}|{second}|{old}", f"mask = {kind} {kind}", lambda a, b: True)


def compare_cases() -> Iterator[Case]:
    """Every `v_cmp`."""
    for kind, relations in RELATIONS.items():
        for name, relation in relations.items():
            yield case(f"v_cmp_{name}_{kind}", f"mask = {kind} {kind}", relation)
    yield from _constant_relations()
    for kind, bits in (("f16", "u16"), ("f32", "u32"), ("f64", "u32")):
        yield case(f"v_cmp_class_{kind}", f"mask = {kind} {bits}", _class(kind))
