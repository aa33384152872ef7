"""One parsed translation unit: its top-level cursors, sorted by what a scan wants from them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clang import cindex
from clang.cindex import CursorKind as Kind

from tracker.scan import clang

_SCOPES = frozenset((Kind.NAMESPACE.value, Kind.LINKAGE_SPEC.value, Kind.UNEXPOSED_DECL.value))


@dataclass
class Unit:
    """Cursors stay valid as long as `translation_unit` lives."""

    translation_unit: Any
    functions: list[clang.Cursor] = field(default_factory=list)
    """Functions and instances of function templates, those of the toolkit left out."""
    templates: list[clang.Cursor] = field(default_factory=list)
    records: list[clang.Cursor] = field(default_factory=list)
    constants: list[clang.Cursor] = field(default_factory=list)
    macros: list[clang.Cursor] = field(default_factory=list)
    inclusions: list[clang.Cursor] = field(default_factory=list)
    toolkit: list[clang.Cursor] = field(default_factory=list)
    """Functions of the toolkit."""


def parse(path: Path, arguments: list[str]) -> Unit:
    """Parse a file. Raises `clang.cindex.TranslationUnitLoadError` when libclang gives nothing at all.

    With `excludeDecls` libclang walks what the parser handed over at top level instead of the syntax tree's own
    list, and only there do instances of function templates stand.
    """
    index = cindex.Index.create(excludeDecls=True)
    options = cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD | clang.KEEP_GOING
    unit = Unit(index.parse(str(path), args=arguments, options=options))
    lists = {
        Kind.FUNCTION_DECL.value: unit.functions,
        Kind.FUNCTION_TEMPLATE.value: unit.templates,
        Kind.STRUCT_DECL.value: unit.records,
        Kind.UNION_DECL.value: unit.records,
        Kind.CLASS_DECL.value: unit.records,
        Kind.CLASS_TEMPLATE.value: unit.records,
        Kind.VAR_DECL.value: unit.constants,
        Kind.ENUM_DECL.value: unit.constants,
        Kind.MACRO_DEFINITION.value: unit.macros,
        Kind.INCLUSION_DIRECTIVE.value: unit.inclusions,
    }

    def visitor(child: clang.Cursor, _parent: clang.Cursor) -> int:
        kind = clang.kind(child)
        if kind in lists and not clang.in_toolkit(child):
            lists[kind].append(clang.keep(child))
        elif kind == Kind.FUNCTION_DECL.value:
            unit.toolkit.append(clang.keep(child))
        return clang.RECURSE if kind in _SCOPES else clang.CONTINUE

    clang.visit(unit.translation_unit.cursor, visitor)
    return unit
