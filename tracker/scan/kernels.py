"""Kernels of a parsed translation unit."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from clang.cindex import CursorKind as Kind

from tracker.scan import clang
from tracker.scan.bounds import launch_bounds
from tracker.scan.facts import Kernel, Parameter
from tracker.scan.macros import Macro, tokens
from tracker.scan.places import find_origin
from tracker.scan.reach import Definitions
from tracker.scan.texts import Texts
from tracker.scan.unit import Unit

_GLOBAL = Kind.CUDAGLOBAL_ATTR.value
_RECORDS = (Kind.STRUCT_DECL.value, Kind.UNION_DECL.value, Kind.CLASS_DECL.value)
_UNKNOWN = "unknown type"


@dataclass(frozen=True)
class _Context:
    texts: Texts
    macros: Mapping[str, Macro]
    definitions: Definitions
    constant: Callable[[str], str | None]


class Found(NamedTuple):
    """A kernel, and where the definitions stand that it reaches, its own included (see `reach.Definition.place`)."""

    kernel: Kernel
    reached: frozenset[tuple[str, int]]


def find_kernels(unit: Unit, texts: Texts, macros: Mapping[str, Macro], definitions: Definitions) -> list[Found]:
    """Every kernel that the unit defines, template instances included, in source order."""
    context = _Context(texts, macros, definitions, _constants(unit))
    found: dict[str, Found] = {}
    for cursor in unit.functions:
        if clang.lib.clang_isCursorDefinition(cursor) and _GLOBAL in clang.attributes(cursor):
            each = _kernel(cursor, context)
            found.setdefault(each.kernel.symbol, each)
    main = texts.path(unit.translation_unit.spelling)
    places = {symbol: each.kernel.place for symbol, each in found.items()}
    order = sorted(found, key=lambda symbol: (places[symbol].path != main, places[symbol].path, places[symbol].line))
    return [found[symbol] for symbol in order]


def _kernel(cursor: clang.Cursor, context: _Context) -> Found:
    printed = clang.printed(cursor)
    bounds = launch_bounds(printed, context.constant)
    reached = context.definitions.closure(cursor)
    origin = find_origin(cursor, context.texts, context.macros)
    arguments = _template_arguments(printed, clang.spelling(cursor))
    name = clang.qualified_name(cursor)
    kernel = Kernel(
        symbol=clang.text(clang.lib.clang_Cursor_getMangling(cursor)),
        name=f"{name}<{', '.join(arguments)}>" if arguments else name,
        template_arguments=arguments,
        parameters=tuple(_parameters(cursor, context.texts)),
        place=origin.place,
        macro=origin.macro,
        macro_place=origin.macro_place,
        max_threads=bounds.max_threads,
        min_blocks=bounds.min_blocks,
        static_lds=sum(definition.lds for definition in reached),
        fingerprint=context.definitions.fingerprint(cursor, str(tuple(bounds))),
        helpers=tuple(sorted({each.name for each in reached[1:] if each.helper})),
        structs=tuple(sorted({each.name for each in reached[1:] if each.struct} - {""})),
        lines=origin.lines,
    )
    return Found(kernel, frozenset(each.place for each in reached))


def _parameters(cursor: clang.Cursor, texts: Texts) -> Iterator[Parameter]:
    declared = (child for child in clang.children(cursor) if clang.kind(child) == Kind.PARM_DECL.value)
    for child, type_ in zip(declared, clang.parameter_types(cursor), strict=True):
        invalid = clang.lib.clang_isInvalidDeclaration(child)
        type_ += _layout(clang.lib.clang_getCursorType(child))
        yield Parameter(clang.spelling(child), _written_type(child, texts) if invalid else type_)


def _layout(type_: Any) -> str:
    """The fields of a record of the project that is passed by value: one of the same name may have others."""
    record = clang.lib.clang_getTypeDeclaration(clang.lib.clang_getCanonicalType(type_))
    if clang.kind(record) not in _RECORDS or clang.in_toolkit(record):
        return ""
    fields = [child for child in clang.children(record) if clang.kind(child) == Kind.FIELD_DECL.value]
    types = [clang.lib.clang_getCanonicalType(clang.lib.clang_getCursorType(field)) for field in fields]
    return f" {{{', '.join(clang.text(clang.lib.clang_getTypeSpelling(each)) + _layout(each) for each in types)}}}"


def _written_type(parameter: clang.Cursor, texts: Texts) -> str:
    """The type as written, of a parameter that clang did not understand and takes for an `int`."""
    start, end = clang.extent(parameter)
    written = [token.text for token in tokens(texts.slice(start.file, start.offset, end.offset))]
    return " ".join(written[:-1]) if written[-1:] == [clang.spelling(parameter)] else _UNKNOWN


def _template_arguments(printed: str, name: str) -> tuple[str, ...]:
    """The arguments of an instance as clang prints them behind its name; libclang itself cannot name a function."""
    start = re.search(rf"\b{re.escape(name)}<", printed) if printed.startswith("template<>") else None
    return tuple(_split(printed[start.end() :])) if start else ()


def _split(text: str) -> Iterator[str]:
    """The arguments up to the `>` that closes the list; those of a parameter pack stand in `<>` of their own."""
    depth, begin = 0, 0
    for place, character in enumerate(text):
        if depth == 0 and character in ",>":
            argument = text[begin:place].strip()
            yield from _split(argument[1:]) if argument.startswith("<") else [argument] if argument else []
            begin = place + 1
        if depth == 0 and character == ">":
            return
        depth += (character in "<([") - (character in ">)]")


def _constants(unit: Unit) -> Callable[[str], str | None]:
    """Looks up the printed expression behind a constant's, an enumerator's or a constexpr function's name."""

    @cache
    def enumerators() -> dict[str, str]:
        enums = (cursor for cursor in unit.constants if clang.kind(cursor) == Kind.ENUM_DECL.value)
        constants = (child for enum in enums for child in clang.children(enum))
        return {clang.spelling(each): str(clang.lib.clang_getEnumConstantDeclValue(each)) for each in constants}

    @cache
    def constant(name: str) -> str | None:
        for cursor in (*unit.constants, *unit.functions):
            if clang.spelling(cursor) == name:
                match = re.search(r"(?:=|\breturn\b)\s*([^;{}]+);?\s*}?\s*$", clang.printed(cursor))
                return match[1] if match else None
        return enumerators().get(name)

    return constant
