"""`__launch_bounds__` of a kernel, from clang's printing of its declaration."""

import ast
import operator
import re
from collections.abc import Callable
from typing import NamedTuple

_OPERATORS: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}


class Bounds(NamedTuple):
    """Threads per block and blocks per multiprocessor; None where not given, or not known before run time."""

    max_threads: int | None
    min_blocks: int | None


def launch_bounds(declaration: str, constant: Callable[[str], str | None]) -> Bounds:
    """Read the bounds. `constant` gives the printed expression behind a constant's or a constexpr function's name."""
    values = [_evaluate(argument, constant, 0) for argument in _attribute(declaration)]
    return Bounds(*[*values, None, None][:2])


def _attribute(declaration: str) -> list[str]:
    head = declaration.split("{", 1)[0]
    start = head.rfind("launch_bounds(")
    if start < 0:
        return []
    arguments, depth = [""], 0
    for character in head[start + len("launch_bounds(") :]:
        if character == ")" and depth == 0:
            break
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            arguments.append("")
        else:
            arguments[-1] += character
    return arguments


def _evaluate(expression: str, constant: Callable[[str], str | None], depth: int) -> int | None:
    python = re.sub(r"\b(\d+)[uUlL]+\b", r"\1", expression.strip()).replace("/", "//").replace("::", ".")
    try:
        return _value(ast.parse(python, mode="eval").body, constant, depth)
    except (SyntaxError, ValueError, ZeroDivisionError):
        return None


def _value(node: ast.expr, constant: Callable[[str], str | None], depth: int) -> int:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left, constant, depth), _value(node.right, constant, depth))
    if isinstance(node, ast.Call) and not node.args:
        node = node.func
    meaning = constant(ast.unparse(node).rsplit(".", 1)[-1]) if isinstance(node, ast.Name | ast.Attribute) else None
    value = _evaluate(meaning, constant, depth + 1) if meaning and depth < 8 else None
    if value is None:
        raise ValueError(f"not a constant: {ast.unparse(node)}")
    return value
