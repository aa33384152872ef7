"""Matchers for lane and warp numbers. The same arithmetic also divides quant blocks among threads, so it is judged by
what the value feeds: cross-lane functions, shared memory with a slot per warp, a branch for the first lane."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from clang.cindex import CursorKind as Kind

from tracker.scan import clang
from tracker.scan.hazards import syntax
from tracker.scan.hazards.matchers import Matcher
from tracker.scan.hazards.rules import Rule
from tracker.scan.hazards.source import Definition, Hit, Source

_PARTS = {"%": (32, 64), "&": (31, 63)}
_WHOLES = {"/": (32, 64), ">>": (5, 6)}
_MOST_SLOTS = 64
"""A larger array is a tile: its indices are layout."""
_CROSS_LANE = ("__shfl", "__ballot", "__any", "__all", "__match", "__activemask", "__reduce_")


@dataclass
class Lanes:
    """The lane and warp numbers of one function."""

    function: Definition

    @cached_property
    def threads(self) -> set[str]:
        """Variables that hold a thread's number."""
        found = {"threadIdx"}
        for each in self.function.of(Kind.VAR_DECL):
            inside = clang.children(each)
            if inside and syntax.names(inside[-1]) & found:
                found.add(clang.spelling(each))
        return found

    @cached_property
    def expressions(self) -> list[tuple[clang.Cursor, bool]]:
        """Expressions that take a thread's number apart, and whether they give a lane (else a warp)."""
        return [
            (each, operator in _PARTS)
            for each, operator in self.function.operators
            if (operator in _PARTS or operator in _WHOLES) and _is_split(each, operator, self.threads)
        ]

    @cached_property
    def variables(self) -> dict[str, tuple[clang.Cursor, bool]]:
        """Variables set to such an expression and nothing else: the expression and whether it is a lane."""
        found = {}
        keys = {_place(each): (each, lane) for each, lane in self.expressions}
        for variable in self.function.of(Kind.VAR_DECL):
            inside = clang.children(variable)
            source = keys.get(_place(syntax.unwrapped(inside[-1]))) if inside else None
            if source:
                found[clang.spelling(variable)] = source
        return found

    def used_in(self, expression: clang.Cursor) -> list[tuple[clang.Cursor, bool]]:
        """The lane and warp numbers that an expression uses, directly or through variables."""
        places = {_place(each) for each in syntax.descend(expression)}
        direct = [(each, lane) for each, lane in self.expressions if _place(each) in places]
        return direct + [self.variables[name] for name in syntax.names(expression) if name in self.variables]


def _is_split(expression: clang.Cursor, operator: str, threads: set[str]) -> bool:
    left, right = (*clang.children(expression), None, None)[:2]
    if left is None or right is None or not syntax.names(left) & threads:
        return False
    return syntax.integer(syntax.unwrapped(right)) in (_PARTS.get(operator) or _WHOLES[operator])


def _place(expression: clang.Cursor) -> tuple[int, int]:
    """Where an expression stands: a node has no other identity here."""
    start, end = clang.extent(expression)
    return start.offset, end.offset


def lane_arithmetic(_rule: Rule, source: Source) -> Iterator[Hit]:
    """Lane and warp numbers that feed cross-lane functions, slots per warp, or a branch for one lane."""
    for function in source.functions:
        sinks = list(_sinks(function))
        lanes = Lanes(function)
        for each, lane in _distinct(use for sink in sinks if lanes.expressions for use in lanes.used_in(sink)):
            yield function.hit(each, "lane number" if lane else "warp number")


def _sinks(function: Definition) -> Iterator[clang.Cursor]:
    """Expressions whose value must fit the wavefront."""
    crossing = [(each, name) for each, name in function.calls if name.startswith(_CROSS_LANE)]
    for each, _name in crossing:
        yield from syntax.arguments(each)
    slots = {name for name, each in function.shared.items() if 0 < _slots(each) <= _MOST_SLOTS}
    for each in function.of(Kind.ARRAY_SUBSCRIPT_EXPR) if slots else ():
        base, index = (*clang.children(each), None, None)[:2]
        if base is not None and index is not None and syntax.names(base) & slots:
            yield index
    for each in function.of(Kind.IF_STMT) if crossing or slots else ():
        condition, *branches = clang.children(each)
        if (crossing and _asks_for_the_first(condition)) or any(
            syntax.names(branch) & (slots | {name for _call, name in crossing}) for branch in branches
        ):
            yield condition


def _asks_for_the_first(condition: clang.Cursor) -> bool:
    """`… == 0`: where lanes exchange values, one of them goes on with the result."""
    parts = clang.children(syntax.unwrapped(condition))
    is_equal = clang.kind(condition) == Kind.BINARY_OPERATOR.value and syntax.operator(condition) == "=="
    return is_equal and any(syntax.integer(syntax.unwrapped(part)) == 0 for part in parts)


def _slots(variable: clang.Cursor) -> int:
    """Elements of a one-dimensional array; 0 for anything else."""
    type_ = clang.lib.clang_getCursorType(variable)
    element = clang.lib.clang_getArrayElementType(type_)
    if not element._kind_id or clang.lib.clang_getArrayElementType(element)._kind_id:
        return 0
    size, of_one = clang.lib.clang_Type_getSizeOf(type_), clang.lib.clang_Type_getSizeOf(element)
    return size // of_one if size > 0 and of_one > 0 else 0


def shared_per_warp(rule: Rule, source: Source) -> Iterator[Hit]:
    """Shared arrays with a fixed number of slots, indexed by warp or lane number."""
    for function in source.functions:
        sized = {name: each for name, each in function.shared.items() if _slots(each) in rule.match["sizes"]}
        lanes = Lanes(function)
        for name, variable in sized.items():
            if any(lanes.used_in(index) for index in _indices(function, name)):
                yield function.hit(variable, f"{name}[{_slots(variable)}]")


def _indices(function: Definition, array: str) -> Iterator[clang.Cursor]:
    for each in function.of(Kind.ARRAY_SUBSCRIPT_EXPR):
        base, index = (*clang.children(each), None, None)[:2]
        if base is not None and index is not None and array in syntax.names(base):
            yield index


def lane_shift(_rule: Rule, source: Source) -> Iterator[Hit]:
    """A one of at most 32 bits shifted by a lane number."""
    for function in source.functions:
        lanes = Lanes(function)
        for each, operator in function.operators:
            if operator != "<<":
                continue
            left, right = clang.children(each)[:2]
            if syntax.bits(left) > 32 or syntax.integer(syntax.unwrapped(left)) not in (1, -1):
                continue
            lane = any(lane for _use, lane in lanes.used_in(right)) or "__lane_id" in syntax.names(right)
            if lane:
                yield function.hit(each, "shift by a lane number")


def _distinct(uses: Iterator[tuple[clang.Cursor, bool]]) -> Iterator[tuple[clang.Cursor, bool]]:
    found = {_place(each): (each, lane) for each, lane in uses}
    yield from found.values()


LANE_MATCHERS: dict[str, Matcher] = {each.__name__: each for each in (lane_arithmetic, shared_per_warp, lane_shift)}
