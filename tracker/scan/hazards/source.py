"""What the matchers look at: the project's definitions with their calls, variables, operators, collected once."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from clang.cindex import CursorKind as Kind

from tracker.scan import clang
from tracker.scan.conditional import directive_spans
from tracker.scan.facts import Diagnostic
from tracker.scan.hazards import syntax
from tracker.scan.macros import Macro, Token, tokens
from tracker.scan.texts import Texts
from tracker.scan.unit import Unit

_COLLECTED = frozenset(
    kind.value
    for kind in (
        Kind.CALL_EXPR,
        Kind.VAR_DECL,
        Kind.PARM_DECL,
        Kind.FIELD_DECL,
        Kind.BINARY_OPERATOR,
        Kind.FOR_STMT,
        Kind.WHILE_STMT,
        Kind.DO_STMT,
        Kind.IF_STMT,
        Kind.RETURN_STMT,
        Kind.ASM_STMT,
        Kind.TYPE_REF,
        Kind.TEMPLATE_REF,
        Kind.ARRAY_SUBSCRIPT_EXPR,
        Kind.STATIC_ASSERT,
    )
)
_DEVICE = frozenset((Kind.CUDADEVICE_ATTR.value, Kind.CUDAGLOBAL_ATTR.value))


class Hit(NamedTuple):
    """Where a matcher found something, and what. `owner` is the definition's location, None for a whole file's."""

    file: str
    line: int
    detail: str
    owner: tuple[str, int] | None


@dataclass
class Definition:
    """A function (of a template: the template, not its instances), record or global variable of the project."""

    cursor: clang.Cursor
    key: tuple[str, int]
    """File and offset of its name: instances of a template share it."""
    file: str
    start: int
    end: int
    line: int
    attributes: frozenset[int]
    shared: Mapping[str, clang.Cursor]
    """The `__shared__` variables that stand in it, by name."""
    nodes: Mapping[int, Sequence[clang.Cursor]]

    @property
    def device(self) -> bool:
        """Device code, kernels included."""
        return bool(self.attributes & _DEVICE)

    @cached_property
    def calls(self) -> list[tuple[clang.Cursor, str]]:
        """Calls with the names of what they call."""
        return [(each, syntax.callee(each)) for each in self.of(Kind.CALL_EXPR)]

    @cached_property
    def mentioned(self) -> list[tuple[clang.Cursor, str]]:
        """Mentions of types, templates and functions with their plain names, in no order."""
        types = ((each, _plain(clang.spelling(each))) for each in self.of(Kind.TYPE_REF, Kind.TEMPLATE_REF))
        return [*types, *self.calls]

    @cached_property
    def operators(self) -> list[tuple[clang.Cursor, str]]:
        """Binary expressions with their operators."""
        return [(each, syntax.operator(each)) for each in self.of(Kind.BINARY_OPERATOR)]

    def calls_any(self, pattern: re.Pattern[str]) -> bool:
        """True when it calls something of such a name."""
        return any(pattern.fullmatch(name) for _call, name in self.calls)

    def of(self, *kinds: Kind) -> Iterator[clang.Cursor]:
        """Collected nodes of these kinds."""
        for kind in kinds:
            yield from self.nodes.get(kind.value, ())

    def hit(self, cursor: clang.Cursor, detail: str) -> Hit:
        """A hit at a node of this definition."""
        where = clang.position(clang.lib.clang_getCursorLocation(cursor))
        return Hit(where.file or self.file, where.line or self.line, detail, self.key)


@dataclass
class Source:
    """One parsed unit as the matchers see it."""

    unit: Unit
    texts: Texts
    macros: Mapping[str, Macro]
    diagnostics: Sequence[Diagnostic]
    _closures: dict[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def functions(self) -> list[Definition]:
        """Functions and function templates that are defined, instances left out."""
        cursors = (*self.unit.functions, *self.unit.templates)
        return [_collect(each) for each in cursors if clang.lib.clang_isCursorDefinition(each) and not _instance(each)]

    @cached_property
    def others(self) -> list[Definition]:
        """Records and global variables."""
        return [_collect(each) for each in (*self.unit.records, *self.unit.constants)]

    @cached_property
    def files(self) -> list[str]:
        """The project's files: the unit's own first."""
        main = self.unit.translation_unit.spelling
        found = {each.file for each in (*self.functions, *self.others)} | {each.path for each in self.macros.values()}
        return [main, *sorted(found - {main, ""})]

    @cached_property
    def directives(self) -> list[tuple[str, int, int, list[Token]]]:
        """Conditions of the preprocessor: file, offset, line, tokens behind the `#`."""
        found = []
        for file in self.files:
            content = self.texts.content(file)
            for span in directive_spans(content):
                line = content.count(b"\n", 0, span.start) + 1
                found.append((file, span.start, line, list(tokens(self.texts.slice(file, *span), line))[1:]))
        return found

    def owner(self, file: str, offset: int) -> tuple[str, int] | None:
        """The key of the function that holds a place."""
        around = (each for each in self.functions if each.file == file and each.start <= offset < each.end)
        return next((each.key for each in around), None)

    def around(self, hit: Hit) -> Definition | None:
        """The definition that a hit stands in; None for one in a macro's own line, which the owner only uses."""
        owners = (each for each in (*self.functions, *self.others) if each.key == hit.owner)
        return next((each for each in owners if _holds_line(each, hit.file, hit.line)), None)

    def hit_at(self, path: str, line: int, detail: str) -> Hit:
        """A hit where the parser left a message; `path` as in facts."""
        file = next((each for each in self.files if self.texts.path(each) == path), "")
        owner = next((each.key for each in self.functions if _holds_line(each, file, line)), None)
        return Hit(file, line, detail, owner)

    def text(self, definition: Definition) -> str:
        """A definition's source."""
        return self.texts.slice(definition.file, definition.start, definition.end)

    def code(self, text: str) -> str:
        """C text without comments and layout, followed by the text of the macros that it uses."""
        own = [token.text for token in tokens(text)]
        used = sorted(set().union(*(self.meaning(name) for name in set(own) & self.macros.keys())))
        bodies = [" ".join(token.text for token in self.macros[name].body) for name in used if name in self.macros]
        return "\n".join([" ".join(own), *bodies])

    def written(self, cursor: clang.Cursor) -> str:
        """A node's source."""
        start, end = clang.extent(cursor)
        return self.texts.slice(start.file, start.offset, end.offset)

    def meaning(self, name: str) -> frozenset[str]:
        """A macro's name with all names that its text mentions, directly or through other macros."""
        if name not in self._closures:
            self._closures[name] = frozenset({name})
            macro = self.macros.get(name)
            inner = (self.meaning(token.text) for token in macro.body) if macro else ()
            self._closures[name] = frozenset({name}).union(*inner)
        return self._closures[name]


def _holds_line(definition: Definition, file: str, line: int) -> bool:
    first, last = clang.extent(definition.cursor)
    return definition.file == file and first.line <= line <= last.line


def _plain(type_: str) -> str:
    return type_.removeprefix("struct ").removeprefix("class ").removeprefix("enum ").rsplit("::", 1)[-1]


def _instance(cursor: clang.Cursor) -> bool:
    template = clang.lib.clang_getSpecializedCursorTemplate(cursor)
    return clang.kind(template) == int(Kind.FUNCTION_TEMPLATE.value)


def _collect(cursor: clang.Cursor) -> Definition:
    nodes: dict[int, list[clang.Cursor]] = defaultdict(list)
    attributes: set[int] = set()
    shared: dict[str, clang.Cursor] = {}

    def visitor(child: clang.Cursor, parent: clang.Cursor) -> int:
        kind = child._kind_id
        if kind in _COLLECTED:
            nodes[kind].append(clang.keep(child))
        elif kind == Kind.CUDASHARED_ATTR.value:
            shared[clang.spelling(parent)] = clang.keep(parent)
        elif kind in _DEVICE and parent.data[0] == cursor.data[0]:
            attributes.add(kind)
        return clang.RECURSE

    clang.visit(cursor, visitor)
    if clang.kind(cursor) in (Kind.VAR_DECL.value, Kind.FIELD_DECL.value):
        nodes[clang.kind(cursor)].append(cursor)
    start, end = clang.extent(cursor)
    name = clang.position(clang.lib.clang_getCursorLocation(cursor))
    return Definition(
        cursor=cursor,
        key=(name.file, name.offset),
        file=start.file,
        start=start.offset,
        end=end.offset,
        line=name.line,
        attributes=frozenset(attributes),
        shared=shared,
        nodes=nodes,
    )
