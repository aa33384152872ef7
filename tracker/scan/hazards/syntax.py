"""Questions about expressions that matchers ask."""

from collections.abc import Iterator

from clang.cindex import CursorKind as Kind

from tracker.scan import clang

_WRAPPERS = frozenset(
    kind.value
    for kind in (
        Kind.UNEXPOSED_EXPR,
        Kind.PAREN_EXPR,
        Kind.CSTYLE_CAST_EXPR,
        Kind.CXX_STATIC_CAST_EXPR,
        Kind.CXX_FUNCTIONAL_CAST_EXPR,
        Kind.CXX_REINTERPRET_CAST_EXPR,
    )
)
_NAMES = frozenset(
    kind.value for kind in (Kind.DECL_REF_EXPR, Kind.MEMBER_REF_EXPR, Kind.CALL_EXPR, Kind.OVERLOADED_DECL_REF)
)
_INTEGER = 1
"""CXEval_Int"""


def callee(call: clang.Cursor) -> str:
    """The plain name of what is called; of an overloaded name in a template too, but not of an operator."""
    name = clang.spelling(call)
    if name:
        return name
    inside = clang.children(call)
    if any(clang.spelling(part).startswith("operator") for each in inside[1:2] for part in clang.children(each)):
        return ""
    first = unwrapped(inside[0]) if inside else None
    if first is None or clang.kind(first) not in _NAMES:
        return ""
    return clang.spelling(first) or next(map(clang.spelling, clang.children(first)), "")


def arguments(call: clang.Cursor) -> list[clang.Cursor]:
    """The arguments of a call as written."""
    count = clang.lib.clang_Cursor_getNumArguments(call)
    if count >= 0:
        return [clang.lib.clang_Cursor_getArgument(call, number) for number in range(count)]
    return clang.children(call)[1:]


def given_arguments(call: clang.Cursor) -> list[clang.Cursor]:
    """The arguments that stand in the source, defaults left out."""
    return [each for each in arguments(call) if clang.kind(each) and clang.extent(each)[0].file]


def unwrapped(expression: clang.Cursor) -> clang.Cursor:
    """The expression without parentheses, casts and conversions."""
    while clang.kind(expression) in _WRAPPERS:
        inner = [each for each in clang.children(expression) if clang.kind(each) != Kind.TYPE_REF.value]
        if not inner:
            break
        expression = inner[-1]
    return expression


def integer(expression: clang.Cursor) -> int | None:
    """The value of an expression that is an integer constant."""
    result = clang.lib.clang_Cursor_Evaluate(expression)
    if not result:
        return None
    number = clang.lib.clang_EvalResult_getAsLongLong(result)
    found = number if clang.lib.clang_EvalResult_getKind(result) == _INTEGER else None
    clang.lib.clang_EvalResult_dispose(result)
    return found


def operator(expression: clang.Cursor) -> str:
    """The operator of a binary expression."""
    number = clang.lib.clang_getCursorBinaryOperatorKind(expression)
    return clang.text(clang.lib.clang_getBinaryOperatorKindSpelling(number))


def canonical_type(cursor: clang.Cursor) -> str:
    """The canonical type of an expression or variable."""
    type_ = clang.lib.clang_getCanonicalType(clang.lib.clang_getCursorType(cursor))
    return clang.text(clang.lib.clang_getTypeSpelling(type_))


def bits(cursor: clang.Cursor) -> int:
    """Width of the canonical type, bits; negative when it is not known."""
    size: int = clang.lib.clang_Type_getSizeOf(clang.lib.clang_getCursorType(cursor))
    return size * 8


def descend(cursor: clang.Cursor) -> Iterator[clang.Cursor]:
    """The cursor and everything below it, in source order."""
    found = [clang.keep(cursor)]

    def visitor(child: clang.Cursor, _parent: clang.Cursor) -> int:
        found.append(clang.keep(child))
        return clang.RECURSE

    clang.visit(cursor, visitor)
    yield from found


def names(cursor: clang.Cursor) -> set[str]:
    """Names that an expression refers to: variables, functions, members."""
    return {clang.spelling(each) for each in descend(cursor) if clang.kind(each) in _NAMES} - {""}
