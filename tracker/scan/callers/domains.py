"""Which numbers a parameter can be, going by guards that leave the function and by matches that do."""

import operator
import re
from collections.abc import Callable

from tree_sitter import Node

from tracker.scan.callers.nodes import alternatives, descend, diverges, field_of, inside, is_wildcard, text_of

_LARGEST = 1024
"""Numbers below are tried; a parameter that may be this large counts as unbounded."""
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def domain(name: str, function: Node) -> list[int]:
    """The numbers that pass every guard on a parameter of a function; none when they have no bound."""
    allowed = set(range(_LARGEST))
    for node in descend(function):
        if node.type == "if_expression" and diverges(field_of(node, "consequence")):
            allowed -= _refused(field_of(node, "condition"), name, allowed)
        elif node.type == "match_expression" and text_of(field_of(node, "value") or node) == name:
            allowed &= _matched(node, allowed)
    return sorted(allowed) if max(allowed, default=_LARGEST) < _LARGEST - 1 else []


def _refused(condition: Node | None, name: str, numbers: set[int]) -> set[int]:
    """The numbers for which a guard's condition holds, each part of an `||` for itself."""
    refused: set[int] = set()
    for part in text_of(condition).split("||") if condition else ():
        match = re.fullmatch(rf"\s*{re.escape(name)}\s*(==|!=|<=|>=|<|>)\s*(\d+)\s*", part)
        if match:
            refused |= {each for each in numbers if _COMPARISONS[match[1]](each, int(match[2]))}
    return refused


def _matched(match: Node, numbers: set[int]) -> set[int]:
    """The numbers that a match lets through."""
    allowed: set[int] = set()
    body = field_of(match, "body")
    for arm in inside(body) if body else ():
        pattern = field_of(arm, "pattern")
        if pattern is None or diverges(field_of(arm, "value")):
            continue
        listed = alternatives(pattern)
        allowed |= numbers if is_wildcard(listed) else {each for each in listed if isinstance(each, int)}
    return allowed & numbers
