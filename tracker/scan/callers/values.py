"""Evaluating Rust expressions as far as constants go: which strings can a kernel's name be, which numbers its block.

An expression has one value per way through the `match` and `if` that decide it. A way is remembered as `Choices`: the
variant or number taken for each thing matched on, so that name and block of one launch come from the same way.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tree_sitter import Node

from tracker.scan.callers.domains import domain
from tracker.scan.callers.nodes import (
    alternatives,
    arguments_of_macro,
    binding,
    diverges,
    field_of,
    function_name,
    inside,
    is_wildcard,
    parameter_position,
    range_of,
    text_of,
)

Choices = Mapping[str, object]
_MOST_WAYS = 4096
_DEEPEST = 40
_PASS_THROUGH = frozenset(("to_string", "as_str", "to_owned", "into", "clone", "as_ref", "unwrap", "as_bytes"))
_WRAPPERS = frozenset(("Some", "Ok", "String::from", "Box::new", "from", "CString::new"))
_SHAPES = frozenset(("new_1d", "new_2d", "new_3d"))
"""rocm-rs makes grid and block with `Dim3::new_1d(x)` and the like: tuples as far as this is concerned."""


@dataclass(frozen=True)
class Text:
    """A string; `line` is that of its first literal. `*` stands for an unknown part when `exact` is False."""

    text: str
    line: int
    exact: bool = True


@dataclass(frozen=True)
class Symbol:
    """Something not known but the same wherever this key stands: a parameter, a field, a call."""

    key: str
    parameter: tuple[str, int] | None = None
    """(function, position) of a parameter."""


@dataclass
class Frame:
    """A function with what its parameters stand for; nothing for the function that is looked at from outside."""

    function: Node | None
    arguments: list[tuple[Node, "Frame"]] = field(default_factory=list)
    depth: int = 0


@dataclass(frozen=True)
class Thunk:
    """A tuple whose elements are evaluated when asked for."""

    elements: tuple[Node, ...]
    frame: Frame


Value = str | int | bool | Text | Symbol | Thunk
Ways = Iterator[tuple[Any, Choices]]


class Evaluator:
    """Evaluates within one file. `functions` and `constants` are the file's, by plain name."""

    def __init__(self, functions: Mapping[str, list[Node]], constants: Mapping[str, Node]) -> None:
        self._functions = functions
        self._constants = constants

    def ways(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        """The values of an expression with the choices that lead to each; none where it diverges."""
        if frame.depth > _DEEPEST:
            yield Symbol(text_of(node)), choices
            return
        handler = getattr(self, f"_{node.type}", None)
        if handler is None:
            yield Symbol(text_of(node)), choices
            return
        deeper = Frame(frame.function, frame.arguments, frame.depth + 1)
        yield from islice(handler(node, deeper, choices), _MOST_WAYS)

    def _string_literal(self, node: Node, _frame: Frame, choices: Choices) -> Ways:
        content = "".join(text_of(each) for each in node.named_children if each.type == "string_content")
        yield Text(content, node.start_point[0] + 1), choices

    def _integer_literal(self, node: Node, _frame: Frame, choices: Choices) -> Ways:
        digits = re.match(r"0[xob][\da-fA-F_]+|[\d_]+", text_of(node))
        yield int(digits[0].replace("_", ""), 0) if digits else Symbol(text_of(node)), choices

    def _boolean_literal(self, node: Node, _frame: Frame, choices: Choices) -> Ways:
        yield text_of(node) == "true", choices

    def _pass(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        parts = inside(node)
        yield from self.ways(parts[-1], frame, choices) if parts else iter(())

    _parenthesized_expression = _try_expression = _unsafe_block = _expression_statement = _else_clause = _pass

    def _reference_expression(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        yield from self.ways(field_of(node, "value") or node.children[-1], frame, choices)

    def _type_cast_expression(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        value = field_of(node, "value")
        yield from self.ways(value, frame, choices) if value else iter(())

    def _tuple_expression(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        yield Thunk(tuple(inside(node)), frame), choices

    def _block(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        parts = inside(node)
        if parts and not diverges(parts[-1]):
            yield from self.ways(parts[-1], frame, choices)

    def _nothing(self, _node: Node, _frame: Frame, _choices: Choices) -> Ways:
        yield from ()

    _return_expression = _break_expression = _continue_expression = _nothing

    def _binary_expression(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        left, right = field_of(node, "left"), field_of(node, "right")
        operator = text_of(field_of(node, "operator") or node)
        for first, then in self.ways(left, frame, choices) if left else ():
            for second, finally_ in self.ways(right, frame, then) if right else ():
                yield _apply(operator, first, second, text_of(node)), finally_

    def _macro_invocation(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        name = text_of(field_of(node, "macro") or node)
        if name == "format":
            yield from self._format(node, frame, choices)
        elif not diverges(node):
            yield Symbol(text_of(node)), choices

    def _format(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        tree = next(each for each in node.named_children if each.type == "token_tree")
        tokens = inside(tree)
        if not tokens or tokens[0].type != "string_literal":
            return
        template = "".join(text_of(each) for each in tokens[0].named_children)
        parts = re.split(r"\{([^{}]*)\}", template)
        positional = iter(arguments_of_macro(tree))
        operands = [self._operand(name, positional, tokens[0]) for name in parts[1::2]]
        start = Text(parts[0], tokens[0].start_point[0] + 1)
        yield from self._join(start, list(zip(operands, parts[2::2], strict=True)), frame, choices)

    def _operand(self, name: str, positional: Iterator[list[Node]], at: Node) -> tuple[Node, str] | list[Node]:
        plain = name.partition(":")[0].strip()
        return (at, plain) if plain and not plain.isdigit() else next(positional, [])

    def _join(
        self, sofar: Text, rest: list[tuple[tuple[Node, str] | list[Node], str]], frame: Frame, choices: Choices
    ) -> Ways:
        if not rest:
            yield sofar, choices
            return
        (operand, tail), *others = rest
        for value, then in self._operand_ways(operand, frame, choices):
            joined = _append(sofar, value)
            yield from self._join(Text(joined.text + tail, joined.line, joined.exact), others, frame, then)

    def _operand_ways(self, operand: tuple[Node, str] | list[Node], frame: Frame, choices: Choices) -> Ways:
        if isinstance(operand, tuple):
            ways = self._named(operand[1], operand[0], frame, choices)
        elif len(operand) == 1:
            ways = self.ways(operand[0], frame, choices)
        else:
            ways = iter([(Symbol(" ".join(map(text_of, operand))), choices)])
        for value, then in ways:
            yield from self._enumerated(value, frame, then)

    def _enumerated(self, value: Value, frame: Frame, choices: Choices) -> Ways:
        """A number that guards bound is each of the numbers that pass them."""
        allowed = _numbers(value, frame) if isinstance(value, Symbol) else []
        if isinstance(value, Symbol) and allowed:
            yield from ((number, {**choices, value.key: number}) for number in allowed)
        else:
            yield value, choices

    def _identifier(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        yield from self._named(text_of(node), node, frame, choices)

    def _scoped_identifier(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        name = text_of(node).rsplit("::", 1)[-1]
        if name in self._constants and name.isupper():
            yield from self._constant(name, choices)
        else:
            yield text_of(node), choices

    def _named(self, name: str, at: Node, frame: Frame, choices: Choices) -> Ways:
        """What a name stands for at a place: the nearest binding before it, a parameter, a constant."""
        bound = binding(name, at)
        if bound is not None:
            pattern, value = bound
            yield from self._bound(name, pattern, value, frame, choices)
            return
        position = parameter_position(name, frame.function)
        if position is not None and position < len(frame.arguments):
            argument, caller = frame.arguments[position]
            yield from self.ways(argument, caller, choices)
        elif position is None and name in self._constants:
            yield from self._constant(name, choices)
        else:
            key = f"{function_name(frame.function)}.{name}"
            known = choices.get(key)
            parameter = (function_name(frame.function), position) if position is not None else None
            yield known if known is not None else Symbol(key, parameter), choices

    def _constant(self, name: str, choices: Choices) -> Ways:
        yield from self.ways(self._constants[name], Frame(None), choices)

    def _bound(self, name: str, pattern: Node, value: Node, frame: Frame, choices: Choices) -> Ways:
        if value.type == "range_expression":
            yield from self._counted(name, value, frame, choices)
            return
        for result, then in self.ways(value, frame, choices):
            if pattern.type != "tuple_pattern":
                yield result, then
                continue
            position = [text_of(each).removeprefix("mut ") for each in inside(pattern)].index(name)
            if isinstance(result, Thunk) and position < len(result.elements):
                yield from self.ways(result.elements[position], result.frame, then)
            else:
                yield Symbol(f"{text_of(value)}.{position}"), then

    def _counted(self, name: str, range_: Node, frame: Frame, choices: Choices) -> Ways:
        numbers = range_of(text_of(range_))
        key = f"{function_name(frame.function)}.{name}@{range_.start_byte}"
        if key in choices or not numbers:
            yield choices.get(key, Symbol(key)), choices
            return
        yield from ((number, {**choices, key: number}) for number in numbers)

    def _if_expression(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        condition = text_of(field_of(node, "condition") or node)
        taken = choices.get(condition)
        for outcome, part in ((True, field_of(node, "consequence")), (False, field_of(node, "alternative"))):
            if part is not None and taken in (None, outcome):
                yield from self.ways(part, frame, {**choices, condition: outcome})

    def _match_expression(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        scrutinee, body = field_of(node, "value"), field_of(node, "body")
        if scrutinee is None or body is None:
            return
        for value, then in self.ways(scrutinee, frame, choices):
            yield from self._arms(value, [each for each in inside(body) if each.type == "match_arm"], frame, then)

    def _arms(self, value: Value, arms: list[Node], frame: Frame, choices: Choices) -> Ways:
        rest = None if isinstance(value, Symbol) else value
        known = value.text if isinstance(value, Text) else rest
        for arm in arms:
            pattern, result = field_of(arm, "pattern"), field_of(arm, "value")
            if pattern is None or result is None:
                continue
            listed = alternatives(pattern)
            if known is not None and not isinstance(known, Thunk):
                if known in listed or is_wildcard(listed):
                    yield from self.ways(result, frame, choices)
                    return
                continue
            key = value.key if isinstance(value, Symbol) else text_of(pattern)
            for alternative in listed:
                yield from self.ways(result, frame, {**choices, key: alternative})

    def _call_expression(self, node: Node, frame: Frame, choices: Choices) -> Ways:
        function, arguments = field_of(node, "function"), field_of(node, "arguments")
        if function is None or arguments is None:
            return
        if function.type == "generic_function":
            function = field_of(function, "function") or function
        given = inside(arguments)
        if function.type == "field_expression":
            yield from self._method(node, function, given, frame, choices)
            return
        path = text_of(function)
        name = path.rsplit("::", 1)[-1]
        if path in _WRAPPERS and given:
            yield from self.ways(given[0], frame, choices)
        elif name in _SHAPES or path == "Dim3::new":
            yield Thunk(tuple(given), frame), choices
        elif name in self._functions:
            yield from self._call(name, given, frame, choices)
        else:
            yield Symbol(text_of(node)), choices

    def _method(self, node: Node, function: Node, given: list[Node], frame: Frame, choices: Choices) -> Ways:
        name, receiver = text_of(field_of(function, "field") or function), field_of(function, "value")
        if name in _PASS_THROUGH and receiver is not None:
            yield from self.ways(receiver, frame, choices)
        elif name in self._functions:
            yield from self._call(name, given, frame, choices)
        else:
            yield Symbol(text_of(node)), choices

    def _call(self, name: str, given: list[Node], frame: Frame, choices: Choices) -> Ways:
        """What a function of the file returns; a trait's, what any of its implementations returns."""
        for function in self._functions[name]:
            body = field_of(function, "body")
            if body is not None:
                inner = Frame(function, [(each, frame) for each in given], frame.depth)
                yield from self.ways(body, inner, choices)


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.floordiv,
    "%": operator.mod,
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}


def _apply(symbol: str, left: Value, right: Value, text: str) -> Value:
    if isinstance(left, Text) and symbol == "+":
        return _append(left, right)
    numbers = isinstance(left, int) and isinstance(right, int) and symbol in _ARITHMETIC
    if not numbers or (symbol in ("/", "%") and right == 0):
        return Symbol(text)
    return _ARITHMETIC[symbol](left, right)  # type: ignore[arg-type]


def _append(sofar: Text, value: Value) -> Text:
    if isinstance(value, Text):
        return Text(sofar.text + value.text, sofar.line if sofar.text else value.line, sofar.exact and value.exact)
    if isinstance(value, int):
        return Text(sofar.text + str(value), sofar.line, sofar.exact)
    return Text(sofar.text + "*", sofar.line, exact=False)


def _numbers(symbol: Symbol, frame: Frame) -> list[int]:
    name = symbol.key.rsplit(".", 1)[-1]
    return domain(name, frame.function) if frame.function is not None and name.isidentifier() else []
