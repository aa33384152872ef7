"""Rust source → the kernels that it asks for by name."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tree_sitter_rust
from tree_sitter import Language, Node, Parser

from tracker.scan.callers.facts import Dimensions, Request
from tracker.scan.callers.nodes import descend, field_of, function_name, inside, text_of
from tracker.scan.callers.values import Choices, Evaluator, Frame, Symbol, Text, Thunk
from tracker.scan.facts import Place
from tracker.scan.sources import read_source
from tracker.scan.texts import relative

REQUESTING = {
    "get_or_load_func": 0,
    "get_or_load_custom_func": 0,
    "get_func": 1,
    "load_function": 0,
    "get_function": 0,
}
"""Functions that load a kernel by name (candle, cudarc, rocm-rs), and which argument the name is."""


@dataclass(frozen=True)
class _Source:
    path: str
    root: Node
    evaluator: Evaluator


def scan_callers(file: Path, root: Path | None = None) -> tuple[Request, ...]:
    """The kernels that a Rust file asks for, in source order. Raises UsageError when it cannot be read.

    Functions of the file that hand one of their parameters to a loading function are loading functions themselves.
    """
    tree = Parser(Language(tree_sitter_rust.language())).parse(read_source(file))
    functions, constants = _items(tree.root_node)
    path = relative(file, (root or file.parent).resolve())
    source = _Source(path, tree.root_node, Evaluator(functions, constants))
    requesting = dict(REQUESTING)
    while True:
        found = list(_requests(source, requesting))
        wrappers = {function: position for each in found if isinstance(each, tuple) for function, position in [each]}
        if wrappers.items() <= requesting.items():
            return tuple(dict.fromkeys(each for each in found if isinstance(each, Request)))
        requesting |= wrappers


def _items(root: Node) -> tuple[Mapping[str, list[Node]], Mapping[str, Node]]:
    """Functions and constants by plain name."""
    functions: dict[str, list[Node]] = defaultdict(list)
    constants: dict[str, Node] = {}
    for node in descend(root):
        name, value = field_of(node, "name"), field_of(node, "value")
        if node.type == "function_item" and name:
            functions[text_of(name)].append(node)
        elif node.type in ("const_item", "static_item") and name and value:
            constants[text_of(name)] = value
    return functions, constants


def _requests(source: _Source, requesting: Mapping[str, int]) -> Iterator[Request | tuple[str, int]]:
    """Requests, and (function, position) of parameters that turn out to be kernel names."""
    for call in descend(source.root):
        name, given = _called(call)
        if name not in requesting or requesting[name] >= len(given):
            continue
        for frame in _frames(source, call, given[requesting[name]]):
            for value, choices in source.evaluator.ways(given[requesting[name]], frame, {}):
                if isinstance(value, Symbol) and value.parameter:
                    yield value.parameter
                else:
                    yield _request(source, call, frame, value, choices)


def _frames(source: _Source, call: Node, name: Node) -> list[Frame]:
    """The function around a call; where that leaves a part of the name open, once for each of its own callers."""
    function = _enclosing_function(call)
    plain = Frame(function)
    values = [value for value, _choices in source.evaluator.ways(name, plain, {})]
    called = function_name(function)
    if not called or not any(isinstance(value, Text) and not value.exact for value in values):
        return [plain]
    sites = [(each, _called(each)) for each in descend(source.root)]
    callers = [Frame(_enclosing_function(each)) for each, (target, _given) in sites if target == called]
    given = [arguments for _each, (target, arguments) in sites if target == called]
    frames = [
        Frame(function, [(argument, caller) for argument in arguments])
        for caller, arguments in zip(callers, given, strict=True)
    ]
    return frames or [plain]


def _request(source: _Source, call: Node, frame: Frame, value: object, choices: Choices) -> Request:
    line = call.start_point[0] + 1
    text = value if isinstance(value, Text) else Text("*", line, exact=False)
    grid, block = _geometry(source.evaluator, call, frame, choices)
    return Request(
        name=text.text,
        exact=text.exact,
        place=Place(source.path, line),
        spelled=Place(source.path, text.line),
        function=function_name(frame.function),
        grid=grid,
        block=block,
    )


def _geometry(
    evaluator: Evaluator, call: Node, frame: Frame, choices: Choices
) -> tuple[Dimensions | None, Dimensions | None]:
    """Grid and block of the first launch that follows in the function."""
    following = (
        (each for each in descend(frame.function) if each.start_byte > call.start_byte) if frame.function else ()
    )
    for node in following:
        shape = _shape_nodes(node)
        if shape:
            grid, block = (_dimensions(evaluator, each, frame, choices) for each in shape)
            if grid or block:
                return grid, block
    return None, None


def _shape_nodes(node: Node) -> tuple[Node, Node] | None:
    """The expressions of grid and block: a `LaunchConfig`, or the first two arguments of `launch`."""
    if node.type == "struct_expression" and text_of(field_of(node, "name") or node).endswith("LaunchConfig"):
        initializers = [each for each in descend(node) if each.type == "field_initializer"]
        fields = {text_of(field_of(each, "field") or each): field_of(each, "value") for each in initializers}
        grid, block = fields.get("grid_dim"), fields.get("block_dim")
        return (grid, block) if grid and block else None
    name, given = _called(node)
    return (given[0], given[1]) if name == "launch" and len(given) >= 2 else None


def _dimensions(evaluator: Evaluator, node: Node, frame: Frame, choices: Choices) -> Dimensions | None:
    """Three sizes; a size that has several values on the way taken is not a constant."""
    found: set[Dimensions] = set()
    for value, then in evaluator.ways(node, frame, choices):
        elements = _elements(value)
        if elements is None:
            return None
        thunk, nodes = elements
        sizes = [_constant(evaluator, each, thunk, then) for each in nodes]
        found.add((*sizes, 1, 1)[:3])  # type: ignore[arg-type]
    if not found:
        return None
    columns = [set(column) for column in zip(*found, strict=True)]
    x, y, z = (column.pop() if len(column) == 1 else None for column in columns)
    return x, y, z


def _elements(value: object) -> tuple[Frame, tuple[Node, ...]] | None:
    return (value.frame, value.elements) if isinstance(value, Thunk) else None


def _constant(evaluator: Evaluator, node: Node, frame: Frame, choices: Choices) -> int | None:
    values = {value if isinstance(value, int) else None for value, _then in evaluator.ways(node, frame, choices)}
    return values.pop() if len(values) == 1 else None


def _called(node: Node) -> tuple[str, list[Node]]:
    """Plain name and arguments of a call; an empty name for anything else."""
    function, arguments = field_of(node, "function"), field_of(node, "arguments")
    if node.type != "call_expression" or function is None or arguments is None:
        return "", []
    if function.type == "generic_function":
        function = field_of(function, "function") or function
    named = field_of(function, "field") or field_of(function, "name") or function
    return text_of(named), inside(arguments)


def _enclosing_function(node: Node) -> Node | None:
    parent = node.parent
    while parent is not None and parent.type != "function_item":
        parent = parent.parent
    return parent
