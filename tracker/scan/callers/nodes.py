"""Questions about Rust syntax trees that need no values."""

import re
from collections.abc import Iterator

from tree_sitter import Node

_DIVERGING = re.compile(r"(\w+::)*(bail|panic|unreachable|todo|unimplemented)")


def text_of(node: Node) -> str:
    """A node's source with single blanks."""
    return " ".join((node.text or b"").decode("utf-8", "replace").split())


def field_of(node: Node, name: str) -> Node | None:
    """A child by field name."""
    return node.child_by_field_name(name)


def inside(node: Node) -> list[Node]:
    """Named children without comments and attributes."""
    return [each for each in node.named_children if "comment" not in each.type and each.type != "attribute_item"]


def descend(node: Node) -> Iterator[Node]:
    """The node and everything below it, in source order."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(each.named_children))


def arguments_of_macro(tree: Node) -> Iterator[list[Node]]:
    """Groups of tokens between the commas of a macro's arguments, the first one left out."""
    group: list[Node] = []
    first = True
    for token in tree.children[1:-1]:
        if text_of(token) == ",":
            if not first:
                yield group
            group, first = [], False
        else:
            group.append(token)
    if group and not first:
        yield group


def binding(name: str, at: Node) -> tuple[Node, Node] | None:
    """Pattern and value of the nearest `let` or `for` before a place that binds a name."""
    node: Node | None = at
    while node is not None and node.type != "function_item":
        before = node.prev_named_sibling
        while before is not None:
            pattern, value = field_of(before, "pattern"), field_of(before, "value")
            if before.type == "let_declaration" and pattern and value and _binds(pattern, name):
                return pattern, value
            before = before.prev_named_sibling
        parent = node.parent
        if parent is not None and parent.type == "for_expression" and node == field_of(parent, "body"):
            pattern, value = field_of(parent, "pattern"), field_of(parent, "value")
            if pattern and value and _binds(pattern, name):
                return pattern, value
        node = parent
    return None


def _binds(pattern: Node, name: str) -> bool:
    if pattern.type == "identifier":
        return text_of(pattern) == name
    return pattern.type == "tuple_pattern" and name in [text_of(each).removeprefix("mut ") for each in inside(pattern)]


def parameter_position(name: str, function: Node | None) -> int | None:
    """The position of a parameter among those that a call gives, `self` not counted."""
    parameters = field_of(function, "parameters") if function else None
    named = [each for each in inside(parameters) if each.type == "parameter"] if parameters else []
    names = [text_of(field_of(each, "pattern") or each).removeprefix("mut ") for each in named]
    return names.index(name) if name in names else None


def function_name(function: Node | None) -> str:
    """The plain name of a function; empty outside of all."""
    return text_of(field_of(function, "name") or function) if function else ""


def alternatives(pattern: Node) -> list[object]:
    """What a match pattern lists: numbers, strings, paths; `_` for whatever is left."""
    found: list[object] = []
    for each in re.split(r"\s\|\s", text_of(pattern).partition(" if ")[0]):
        numbers = range_of(each)
        if numbers:
            found.extend(numbers)
        elif re.fullmatch(r"-?\d+", each):
            found.append(int(each))
        elif each.startswith('"'):
            found.append(each.strip('"'))
        else:
            found.append(each)
    return found


def is_wildcard(alternatives: list[object]) -> bool:
    """True where one of them is `_`, or a name, that takes whatever is left."""
    return any(isinstance(each, str) and re.fullmatch(r"_|[a-z]\w*", each) for each in alternatives)


def range_of(text: str) -> list[int]:
    """The numbers of a range such as `1..=8`; none of anything else."""
    match = re.fullmatch(r"\(?(\d+)\s*\.\.(=?)\s*(\d+)\)?", text)
    return list(range(int(match[1]), int(match[3]) + (match[2] == "="))) if match else []


def diverges(node: Node | None) -> bool:
    """True for code that does not go on: `return`, `bail!`, a block that ends with one."""
    if node is None:
        return False
    if node.type in ("return_expression", "continue_expression", "break_expression"):
        return True
    if node.type == "macro_invocation":
        return _DIVERGING.fullmatch(text_of(field_of(node, "macro") or node)) is not None
    parts = inside(node)
    return node.type in ("block", "expression_statement") and bool(parts) and diverges(parts[-1])
