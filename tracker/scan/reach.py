"""What a definition reaches: the functions, types and constants that decide what a kernel does.

Texts are clang's own printing of the tree, so they are free of comments, whitespace and macros: two definitions have
the same text exactly when the compiler saw the same thing.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from clang.cindex import CursorKind as Kind

from tracker.scan import clang
from tracker.scan.unprinted import Unprinted

_REFERENCES = frozenset(
    kind.value
    for kind in (
        Kind.DECL_REF_EXPR,
        Kind.MEMBER_REF_EXPR,
        Kind.CALL_EXPR,
        Kind.TYPE_REF,
        Kind.TEMPLATE_REF,
        Kind.MEMBER_REF,
        Kind.VARIABLE_REF,
    )
)
_FUNCTIONS = frozenset(
    kind.value
    for kind in (Kind.FUNCTION_DECL, Kind.CXX_METHOD, Kind.CONSTRUCTOR, Kind.DESTRUCTOR, Kind.CONVERSION_FUNCTION)
)
_RECORDS = frozenset(kind.value for kind in (Kind.STRUCT_DECL, Kind.UNION_DECL, Kind.CLASS_DECL))
_TEMPLATES = frozenset(
    kind.value for kind in (Kind.FUNCTION_TEMPLATE, Kind.CLASS_TEMPLATE, Kind.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION)
)
_NAMED = frozenset(kind.value for kind in (Kind.VAR_DECL, Kind.ENUM_DECL, Kind.TYPEDEF_DECL, Kind.TYPE_ALIAS_DECL))
_MEMBERS = frozenset(kind.value for kind in (Kind.FIELD_DECL, Kind.ENUM_CONSTANT_DECL))
_DEFINITIONS = _FUNCTIONS | _RECORDS | _TEMPLATES | _NAMED
_NO_LINKAGE = 1
_TYPE_ARGUMENT = 1


@dataclass(frozen=True)
class Definition:
    """One definition and what it refers to directly, as keys of other definitions."""

    name: str
    place: tuple[str, int]
    """File and offset of its name: instances of a template share it."""
    digest: str
    references: tuple[int, ...]
    elsewhere: tuple[int, ...]
    """What it may refer to besides when compiled for another architecture."""
    lds: int
    """Bytes of the `__shared__` variables that stand in it."""
    helper: bool
    """A `__device__` function of the project."""
    struct: bool
    """A struct, union or class of the project."""


class Definitions:
    """The definitions of one translation unit, each looked at once."""

    def __init__(self, unprinted: Unprinted) -> None:
        self._unprinted = unprinted
        self._keys: dict[int, int] = {}
        self._cursors: dict[int, clang.Cursor] = {}
        self._definitions: dict[int, Definition] = {}

    def closure(self, cursor: clang.Cursor) -> list[Definition]:
        """The cursor's definition first, then everything it reaches as parsed, each once."""
        return list(self._walk(cursor, lambda definition: definition.references))

    def fingerprint(self, cursor: clang.Cursor, more: str) -> str:
        """sha256 over everything that a definition reaches on any architecture, and `more`."""
        reached = self._walk(cursor, lambda definition: (*definition.references, *definition.elsewhere))
        parts = [*sorted(each.digest for each in reached), self._unprinted.shared, more]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _walk(self, cursor: clang.Cursor, following: Callable[[Definition], tuple[int, ...]]) -> Iterator[Definition]:
        start = self._key(cursor)
        found, waiting = {start}, [start]
        while waiting:
            definition = self._definition(waiting.pop())
            yield definition
            fresh = set(following(definition)) - found
            found |= fresh
            waiting.extend(fresh)

    def _key(self, cursor: clang.Cursor) -> int:
        """The identity of what a cursor names: the address of its definition; 0 for what has none of its own."""
        address: int = cursor.data[0] or 0
        if address not in self._keys:
            target = _definition_of(cursor)
            key = (target.data[0] or 0) if target is not None else 0
            self._keys[address] = self._keys[key] = key
            if key and key not in self._cursors:
                self._cursors[key] = target
        return self._keys[address]

    def _keys_of(self, cursors: Iterable[clang.Cursor]) -> tuple[int, ...]:
        keys = dict.fromkeys(self._key(cursor) for cursor in cursors)
        keys.pop(0, None)
        return tuple(keys)

    def _definition(self, key: int) -> Definition:
        if key not in self._definitions:
            self._definitions[key] = self._examine(self._cursors[key])
        return self._definitions[key]

    def _examine(self, cursor: clang.Cursor) -> Definition:
        kind = clang.kind(cursor)
        body = _Body(follow_overloads=kind in _TEMPLATES)
        if kind in _RECORDS:
            text = _read_record(cursor, body)
        else:
            text = clang.printed(cursor)
            clang.visit(cursor, body.visitor)
        body.targets.extend(_template_parts(cursor, kind))
        toolkit = clang.in_toolkit(cursor)
        place = clang.position(clang.lib.clang_getCursorLocation(cursor))
        return Definition(
            name=clang.spelling(cursor),
            place=(place.file, place.offset),
            digest=hashlib.sha256((text + self._unprinted.text(cursor)).encode()).hexdigest(),
            references=self._keys_of(body.targets),
            elsewhere=self._keys_of(self._unprinted.mentions(cursor)),
            lds=body.lds,
            helper=not toolkit and cursor.data[0] in body.device_functions,
            struct=not toolkit and kind in _RECORDS,
        )


class _Body:
    """Collects what a definition's tree mentions."""

    def __init__(self, *, follow_overloads: bool) -> None:
        self.targets: list[clang.Cursor] = []
        self.lds = 0
        self.device_functions: set[int] = set()
        self._seen: set[int] = set()
        self._follow_overloads = follow_overloads

    def visitor(self, child: clang.Cursor, parent: clang.Cursor) -> int:
        kind = child._kind_id
        if kind in _REFERENCES:
            target = clang.lib.clang_getCursorReferenced(child)
            address = target.data[0]
            if address not in self._seen:
                self._seen.add(address)
                self._mention(target)
        elif kind == Kind.CUDASHARED_ATTR.value:
            self.lds += max(0, clang.lib.clang_Type_getSizeOf(clang.lib.clang_getCursorType(parent)))
        elif kind == Kind.CUDADEVICE_ATTR.value:
            self.device_functions.add(parent.data[0])
        return clang.RECURSE

    def _mention(self, target: clang.Cursor) -> None:
        """In a template an overloaded name may mean any of them; elsewhere the call's own cursor says which."""
        if target._kind_id != Kind.OVERLOADED_DECL_REF.value:
            self.targets.append(target)
        elif self._follow_overloads:
            count = clang.lib.clang_getNumOverloadedDecls(target)
            self.targets.extend(clang.lib.clang_getOverloadedDecl(target, number) for number in range(count))


def _definition_of(cursor: clang.Cursor) -> clang.Cursor | None:
    """What a mentioned declaration stands for; None for parameters, local variables and the like."""
    kind = clang.kind(cursor)
    if kind in _MEMBERS:
        return _definition_of(_named_parent(cursor))
    if kind not in _DEFINITIONS:
        return None
    if kind == Kind.VAR_DECL.value and clang.lib.clang_getCursorLinkage(cursor) == _NO_LINKAGE:
        return None
    definition = clang.lib.clang_getCursorDefinition(cursor)
    return definition if clang.kind(definition) in _DEFINITIONS else cursor


def _named_parent(member: clang.Cursor) -> clang.Cursor:
    """The record or enum of a member; of a member of an anonymous union, the record around it."""
    parent = clang.lib.clang_getCursorSemanticParent(member)
    while clang.lib.clang_Cursor_isAnonymousRecordDecl(parent) and clang.kind(parent) in _RECORDS:
        parent = clang.lib.clang_getCursorSemanticParent(parent)
    return parent


def _template_parts(cursor: clang.Cursor, kind: int) -> Iterator[clang.Cursor]:
    """What an instance has from its template: types among the arguments and, lacking a body, the template itself."""
    template = clang.lib.clang_getSpecializedCursorTemplate(cursor)
    if kind not in _FUNCTIONS or not clang.lib.clang_isCursorDefinition(cursor):
        yield template
    if kind == Kind.FUNCTION_DECL.value:
        for number in range(clang.lib.clang_Cursor_getNumTemplateArguments(cursor)):
            if clang.lib.clang_Cursor_getTemplateArgumentKind(cursor, number) == _TYPE_ARGUMENT:
                yield _declaration(clang.lib.clang_Cursor_getTemplateArgumentType(cursor, number))


def _declaration(type_: Any) -> clang.Cursor:
    """The declaration behind pointers and references to a type."""
    while clang.kind(clang.lib.clang_getTypeDeclaration(type_)) == Kind.NO_DECL_FOUND.value:
        inner = clang.lib.clang_getPointeeType(type_)
        if not inner._kind_id:
            break
        type_ = inner
    return clang.lib.clang_getTypeDeclaration(type_)


def _read_record(cursor: clang.Cursor, body: _Body) -> str:
    """Layout of a record: bases and fields. Its functions count only where they are called, its destructor always."""
    type_ = clang.lib.clang_getCursorType(cursor)
    lines = [f"{clang.spelling(cursor)} {clang.lib.clang_Type_getSizeOf(type_)}"]

    def visitor(child: clang.Cursor, _parent: clang.Cursor) -> int:
        kind = clang.kind(child)
        if kind == Kind.FIELD_DECL.value:
            lines.append(f"{clang.lib.clang_Cursor_getOffsetOfField(child)} {clang.printed(child)}")
            body.targets.append(_declaration(clang.lib.clang_getCursorType(child)))
            clang.visit(child, body.visitor)
        if kind == Kind.CXX_BASE_SPECIFIER.value:
            lines.append(clang.text(clang.lib.clang_getTypeSpelling(clang.lib.clang_getCursorType(child))))
            clang.visit(child, body.visitor)
        elif kind == Kind.DESTRUCTOR.value:
            body.targets.append(clang.keep(child))
        return (
            clang.RECURSE
            if kind in _RECORDS and clang.lib.clang_Cursor_isAnonymousRecordDecl(child)
            else clang.CONTINUE
        )

    clang.visit(cursor, visitor)
    return "\n".join([*lines, f"align {clang.lib.clang_Type_getAlignOf(type_)}"])
