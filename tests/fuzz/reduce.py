"""Makes a failing program smaller: drops statements, lifts bodies out of branches, puts parts for expressions."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any, get_args

from tests.fuzz import tree
from tests.fuzz.kinds import U32
from tests.fuzz.tree import Constant, Expression, Program, Shape, Statement, Variable

Body = tuple[Statement, ...]
Fails = Callable[[list[Program]], list[bool]]
"""Says for each program whether it still shows the failure."""

_EXPRESSIONS, _STATEMENTS = get_args(Expression), get_args(Statement)
_UNIFORM = {"p0", "p1", "p2", "p3", "p4", "group", "width", "items"}
_GIVEN = _UNIFORM | {"tid", "gid", "lane"}
_AT_ONCE = 24


def reduced(program: Program, fails: Fails, rounds: int = 200) -> Program:
    """The smallest failing program found by taking the first smaller one that still fails, again and again."""
    for _ in range(rounds):
        found = _first_failing(smaller(program), fails)
        if found is None:
            return program
        program = found
    return program


def _first_failing(candidates: Iterator[Program], fails: Fails) -> Program | None:
    batch: list[Program] = []
    for candidate in candidates:
        batch.append(candidate)
        if len(batch) == _AT_ONCE:
            if found := _pick(batch, fails):
                return found
            batch = []
    return _pick(batch, fails) if batch else None


def _pick(batch: list[Program], fails: Fails) -> Program | None:
    return next((p for p, failed in zip(batch, fails(batch), strict=True) if failed), None)


def smaller(program: Program) -> Iterator[Program]:
    """Programs one step smaller, big steps first; all of them well formed."""
    half = len(program.body) // 2
    bodies = [program.body[:half], program.body[half:]] if half > 1 else []
    for body in [*bodies, *_without_one(program.body), *_simpler(program.body)]:
        candidate = repaired(replace(program, body=body))
        if _barriers_are_uniform(candidate.body):
            yield candidate
    for i in range(len(program.results)):
        yield replace(program, results=program.results[:i] + program.results[i + 1 :])
    if program.registers:
        yield replace(program, registers=0)
    for shape in (Shape(1, program.shape.block), Shape(1, (64, 1))):
        if shape != program.shape:
            yield replace(program, shape=shape)


def _barriers_are_uniform(body: Body) -> bool:
    """Barriers stand at the top or in loops that all threads of a workgroup run equally often."""
    loops = [node for node in body if isinstance(node, tree.Loop)]
    return all(_is_uniform(loop.count) for loop in loops if any(isinstance(s, tree.Exchange) for s in loop.body))


def _is_uniform(node: Expression) -> bool:
    if isinstance(node, Variable):
        return node.name in _UNIFORM
    return not isinstance(node, tree.ArrayRead) and all(map(_is_uniform, _parts(node)))


def _without_one(body: Body) -> Iterator[Body]:
    for i in reversed(range(len(body))):
        yield body[:i] + body[i + 1 :]


def _simpler(body: Body) -> Iterator[Body]:
    """Bodies in which one statement is simpler."""
    for i, node in enumerate(body):
        before, after = body[:i], body[i + 1 :]
        if isinstance(node, tree.If):
            yield before + node.then + after
            yield before + node.otherwise + after
        if isinstance(node, tree.Switch):
            for case in node.cases:
                yield before + case + after
        if isinstance(node, tree.Loop) and not any(isinstance(s, tree.Leave) for s in node.body):
            yield (*before, tree.Let(node.counter, Constant(U32, 0)), *node.body, *after)
        for variant in _statement_variants(node):
            yield (*before, variant, *after)


def _statement_variants(node: Statement) -> Iterator[Statement]:
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, _EXPRESSIONS):
            for part in _expression_variants(value):
                yield replace(node, **{field.name: part})
        elif isinstance(node, tree.Switch):
            for i, case in enumerate(node.cases):
                for body in [*_without_one(case), *_simpler(case)]:
                    yield replace(node, cases=(*node.cases[:i], body, *node.cases[i + 1 :]))
        elif isinstance(value, tuple):
            for changed in _tuple_variants(value):
                yield replace(node, **{field.name: changed})


def _tuple_variants(values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if values and isinstance(values[0], _STATEMENTS):
        yield from _without_one(values)
        yield from _simpler(values)
        return
    for i, value in enumerate(values):
        if isinstance(value, _EXPRESSIONS):
            for variant in _expression_variants(value):
                yield (*values[:i], variant, *values[i + 1 :])


def _expression_variants(node: Expression) -> Iterator[Expression]:
    """Constants first, then arguments of the same kind, then the same inside the arguments."""
    if isinstance(node, Constant):
        return
    yield Constant(node.kind, 0)
    for part in _parts(node):
        if part.kind == node.kind:
            yield part
    if isinstance(node, tree.Apply):
        for changed in _tuple_variants(node.arguments):
            yield replace(node, arguments=changed)
    elif isinstance(node, tree.Load | tree.ArrayRead):
        for index in _expression_variants(node.index):
            yield replace(node, index=index)


def _parts(node: Expression) -> tuple[Expression, ...]:
    if isinstance(node, tree.Apply):
        return node.arguments
    return (node.index,) if isinstance(node, tree.Load | tree.ArrayRead) else ()


def repaired(program: Program) -> Program:
    """The program with zeros for variables that are no longer defined, and without writes to them."""
    defined = set(_GIVEN)
    body = _repaired_body(program.body, defined)
    return replace(program, body=body, results=tuple(v for v in program.results if v.name in defined))


def _repaired_body(body: Body, defined: set[str]) -> Body:
    return tuple(fixed for node in body if (fixed := _repaired_statement(node, defined)) is not None)


def _repaired_statement(node: Statement, defined: set[str]) -> Statement | None:
    if isinstance(node, tree.Assign | tree.ArrayWrite) and node.name not in defined:
        return None
    changes = {f.name: _repaired_value(getattr(node, f.name), defined, node) for f in fields(node)}
    fixed = replace(node, **changes)
    if hasattr(fixed, "name"):
        defined.add(fixed.name)
    return fixed


def _repaired_value(value: Any, defined: set[str], owner: Statement) -> Any:
    if isinstance(value, _EXPRESSIONS):
        return _repaired_expression(value, defined)
    if not isinstance(value, tuple):
        return value
    if isinstance(owner, tree.Switch) and value and isinstance(value[0], tuple):
        return tuple(_repaired_body(case, set(defined)) for case in value)
    if value and isinstance(value[0], _STATEMENTS):
        inner = defined | ({owner.counter} if isinstance(owner, tree.Loop) else set())
        return _repaired_body(value, inner)
    return tuple(_repaired_value(v, defined, owner) for v in value)


def _repaired_expression(node: Expression, defined: set[str]) -> Expression:
    if isinstance(node, Variable | tree.ArrayRead) and node.name not in defined:
        return Constant(node.kind, 0)
    if isinstance(node, tree.Apply):
        return replace(node, arguments=tuple(_repaired_expression(a, defined) for a in node.arguments))
    if isinstance(node, tree.Load | tree.ArrayRead):
        return replace(node, index=_repaired_expression(node.index, defined))
    return node
