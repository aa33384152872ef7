"""The few libclang calls that a scan needs, straight through ctypes.

`clang.cindex` wraps every cursor it hands out in Python objects; a scan looks at some 80,000 of them, so the calls
below use the bindings' structures but skip the wrapping. A cursor is only valid while its translation unit lives.
"""

from collections.abc import Callable, Iterator
from ctypes import CDLL, CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_longlong, c_uint, c_void_p
from typing import Any, NamedTuple

from clang import cindex
from clang.cindex import CursorKind

Cursor = Any
"""A `CXCursor` structure. `data[0]` of a declaration is the address of its node: its identity."""

BREAK, CONTINUE, RECURSE = 0, 1, 2
"""What a visitor answers: stop, go on with the next sibling, descend."""

KEEP_GOING = 0x200
"""CXTranslationUnit_KeepGoing: a missing header must not end the instantiation of templates."""

_ANONYMOUS_TAG_LOCATIONS = 8
"""CXPrintingPolicy_AnonymousTagLocations: paths and lines in the names of lambdas."""


class _String(Structure):
    _fields_ = (("data", c_void_p), ("flags", c_uint))


_VISITOR = CFUNCTYPE(c_int, cindex.Cursor, cindex.Cursor, c_void_p)
_PLACE = [cindex.SourceLocation, POINTER(c_void_p), POINTER(c_uint), POINTER(c_uint), POINTER(c_uint)]

_SIGNATURES: dict[str, tuple[list[Any], Any]] = {
    "clang_visitChildren": ([cindex.Cursor, _VISITOR, c_void_p], c_uint),
    "clang_getCursorReferenced": ([cindex.Cursor], cindex.Cursor),
    "clang_getCursorDefinition": ([cindex.Cursor], cindex.Cursor),
    "clang_getCursorSemanticParent": ([cindex.Cursor], cindex.Cursor),
    "clang_getSpecializedCursorTemplate": ([cindex.Cursor], cindex.Cursor),
    "clang_getNumOverloadedDecls": ([cindex.Cursor], c_uint),
    "clang_getOverloadedDecl": ([cindex.Cursor, c_uint], cindex.Cursor),
    "clang_isCursorDefinition": ([cindex.Cursor], c_uint),
    "clang_isInvalidDeclaration": ([cindex.Cursor], c_uint),
    "clang_Cursor_getOffsetOfField": ([cindex.Cursor], c_longlong),
    "clang_Cursor_isAnonymousRecordDecl": ([cindex.Cursor], c_uint),
    "clang_getEnumConstantDeclValue": ([cindex.Cursor], c_longlong),
    "clang_getCursorLinkage": ([cindex.Cursor], c_int),
    "clang_getCursorSpelling": ([cindex.Cursor], _String),
    "clang_Cursor_getMangling": ([cindex.Cursor], _String),
    "clang_getCursorPrettyPrinted": ([cindex.Cursor, c_void_p], _String),
    "clang_getCursorPrintingPolicy": ([cindex.Cursor], c_void_p),
    "clang_PrintingPolicy_setProperty": ([c_void_p, c_int, c_uint], None),
    "clang_PrintingPolicy_dispose": ([c_void_p], None),
    "clang_getCString": ([_String], c_char_p),
    "clang_disposeString": ([_String], None),
    "clang_getCursorLocation": ([cindex.Cursor], cindex.SourceLocation),
    "clang_getCursorExtent": ([cindex.Cursor], cindex.SourceRange),
    "clang_getRangeStart": ([cindex.SourceRange], cindex.SourceLocation),
    "clang_getRangeEnd": ([cindex.SourceRange], cindex.SourceLocation),
    "clang_Location_isInSystemHeader": ([cindex.SourceLocation], c_int),
    "clang_getExpansionLocation": (_PLACE, None),
    "clang_getSpellingLocation": (_PLACE, None),
    "clang_getFileName": ([c_void_p], _String),
    "clang_getCursorType": ([cindex.Cursor], cindex.Type),
    "clang_getCanonicalType": ([cindex.Type], cindex.Type),
    "clang_getTypeDeclaration": ([cindex.Type], cindex.Cursor),
    "clang_getPointeeType": ([cindex.Type], cindex.Type),
    "clang_getArrayElementType": ([cindex.Type], cindex.Type),
    "clang_getTypeSpelling": ([cindex.Type], _String),
    "clang_getNumArgTypes": ([cindex.Type], c_int),
    "clang_getArgType": ([cindex.Type, c_uint], cindex.Type),
    "clang_Type_getSizeOf": ([cindex.Type], c_longlong),
    "clang_Type_getAlignOf": ([cindex.Type], c_longlong),
    "clang_Cursor_getNumArguments": ([cindex.Cursor], c_int),
    "clang_Cursor_getArgument": ([cindex.Cursor, c_uint], cindex.Cursor),
    "clang_Cursor_Evaluate": ([cindex.Cursor], c_void_p),
    "clang_EvalResult_getKind": ([c_void_p], c_int),
    "clang_EvalResult_getAsLongLong": ([c_void_p], c_longlong),
    "clang_EvalResult_dispose": ([c_void_p], None),
    "clang_getCursorBinaryOperatorKind": ([cindex.Cursor], c_int),
    "clang_getBinaryOperatorKindSpelling": ([c_int], _String),
    "clang_Cursor_getNumTemplateArguments": ([cindex.Cursor], c_int),
    "clang_Cursor_getTemplateArgumentKind": ([cindex.Cursor, c_uint], c_int),
    "clang_Cursor_getTemplateArgumentType": ([cindex.Cursor, c_uint], cindex.Type),
}


def _load() -> CDLL:
    library = CDLL(cindex.conf.lib._name)
    for name, (arguments, result) in _SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library


lib = _load()


class Position(NamedTuple):
    """A position in a file: line from 1, offset in bytes from 0. `file` is libclang's name of it."""

    file: str
    line: int
    offset: int


def text(string: Any) -> str:
    """The content of a `CXString`, which is released."""
    raw: bytes | None = lib.clang_getCString(string)
    decoded = (raw or b"").decode("utf-8", "replace")
    lib.clang_disposeString(string)
    return decoded


def visit(cursor: Cursor, visitor: Callable[[Cursor, Cursor], int]) -> None:
    """Call `visitor(child, parent)` down the tree as its answers say. Cursors it keeps must be copied with `keep`."""
    failures: list[BaseException] = []

    def guarded(child: Cursor, parent: Cursor, _data: Any) -> int:
        try:
            return visitor(child, parent)
        except BaseException as error:  # an exception must not travel through C frames
            failures.append(error)
            return BREAK

    lib.clang_visitChildren(cursor, _VISITOR(guarded), None)
    if failures:
        raise failures[0]


def keep(cursor: Cursor) -> Cursor:
    """A copy that outlives the visitor's call."""
    return cindex.Cursor.from_buffer_copy(cursor)


def children(cursor: Cursor) -> list[Cursor]:
    """Direct children."""
    found: list[Cursor] = []

    def visitor(child: Cursor, _parent: Cursor) -> int:
        found.append(keep(child))
        return CONTINUE

    visit(cursor, visitor)
    return found


def kind(cursor: Cursor) -> int:
    """The cursor's kind; compare with `CursorKind.X.value`."""
    number: int = cursor._kind_id
    return number


def spelling(cursor: Cursor) -> str:
    """The plain name; empty for what has none, which libclang would call by its file and line."""
    name = text(lib.clang_getCursorSpelling(cursor))
    return "" if name.startswith("(") else name


def printed(cursor: Cursor) -> str:
    """The declaration as clang prints it from the tree: macros expanded, no comments, whitespace normalised."""
    policy = lib.clang_getCursorPrintingPolicy(cursor)
    lib.clang_PrintingPolicy_setProperty(policy, _ANONYMOUS_TAG_LOCATIONS, 0)
    result = text(lib.clang_getCursorPrettyPrinted(cursor, policy))
    lib.clang_PrintingPolicy_dispose(policy)
    return result


def position(location: Any, *, spelled: bool = False) -> Position:
    """Where a location stands: the outermost macro's use, or with `spelled` a macro argument's own text."""
    file, line, column, offset = c_void_p(), c_uint(), c_uint(), c_uint()
    ask = lib.clang_getSpellingLocation if spelled else lib.clang_getExpansionLocation
    ask(location, byref(file), byref(line), byref(column), byref(offset))
    return Position(text(lib.clang_getFileName(file)) if file.value else "", line.value, offset.value)


def extent(cursor: Cursor, *, spelled: bool = False) -> tuple[Position, Position]:
    """Where a declaration begins and ends, see `position`."""
    range_ = lib.clang_getCursorExtent(cursor)
    start, end = lib.clang_getRangeStart(range_), lib.clang_getRangeEnd(range_)
    return position(start, spelled=spelled), position(end, spelled=spelled)


def in_toolkit(cursor: Cursor) -> bool:
    """True for what a header of the toolkit declares, or the compiler itself."""
    location = lib.clang_getCursorLocation(cursor)
    return bool(lib.clang_Location_isInSystemHeader(location)) or not position(location).file


def attributes(cursor: Cursor) -> set[int]:
    """Kinds of the attributes of a declaration."""
    found: set[int] = set()

    def visitor(child: Cursor, _parent: Cursor) -> int:
        found.add(kind(child))
        return CONTINUE

    visit(cursor, visitor)
    return found


def qualified_name(cursor: Cursor) -> str:
    """The name with its namespaces and classes."""
    parts = [spelling(cursor)]
    scope = lib.clang_getCursorSemanticParent(cursor)
    while kind(scope) not in (CursorKind.TRANSLATION_UNIT.value, CursorKind.LINKAGE_SPEC.value) and kind(scope) < 70:
        parts.append(spelling(scope) or "(anonymous namespace)")
        scope = lib.clang_getCursorSemanticParent(scope)
    return "::".join(reversed(parts))


def parameter_types(cursor: Cursor) -> Iterator[str]:
    """Canonical types of a function's parameters, without qualifiers of the parameter itself (they are no ABI)."""
    signature = lib.clang_getCanonicalType(lib.clang_getCursorType(cursor))
    for number in range(lib.clang_getNumArgTypes(signature)):
        yield text(lib.clang_getTypeSpelling(lib.clang_getArgType(signature, number)))
