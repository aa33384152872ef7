"""Kernels of a parsed translation unit."""

import hashlib
import re
from collections.abc import Callable, Iterator

from clang.cindex import CursorKind as Kind

from tracker.scan import clang
from tracker.scan.bounds import launch_bounds
from tracker.scan.facts import Kernel, Parameter, Place
from tracker.scan.macros import Macro, name_place, parse_macro, tokens
from tracker.scan.reach import Definitions
from tracker.scan.texts import Texts
from tracker.scan.unit import Unit

_GLOBAL = Kind.CUDAGLOBAL_ATTR.value
_LONGEST_USE = 20_000
"""Bytes of source behind a macro's name in which the use's arguments must end."""


def find_kernels(unit: Unit, texts: Texts, definitions: Definitions) -> list[Kernel]:
    """Every kernel that the unit defines, template instances included, in source order."""
    where = _Places(unit, texts)
    constant = _constants(unit)
    found: dict[str, Kernel] = {}
    for cursor in unit.functions:
        if clang.lib.clang_isCursorDefinition(cursor) and _GLOBAL in clang.attributes(cursor):
            kernel = _kernel(cursor, where, definitions, constant)
            found.setdefault(kernel.symbol, kernel)
    main = texts.path(unit.translation_unit.spelling)
    return sorted(found.values(), key=lambda kernel: (kernel.place.path != main, kernel.place.path, kernel.place.line))


def _kernel(
    cursor: clang.Cursor, where: "_Places", definitions: Definitions, constant: Callable[[str], str | None]
) -> Kernel:
    printed = clang.printed(cursor)
    bounds = launch_bounds(printed, constant)
    reached = list(definitions.closure(cursor))
    place, macro = where.find(cursor)
    arguments = _template_arguments(printed, clang.spelling(cursor))
    name = clang.qualified_name(cursor)
    return Kernel(
        symbol=clang.text(clang.lib.clang_Cursor_getMangling(cursor)),
        name=f"{name}<{', '.join(arguments)}>" if arguments else name,
        template_arguments=arguments,
        parameters=tuple(_parameters(cursor)),
        place=place,
        macro=macro[0].name if macro else None,
        macro_place=where.macro_place(*macro) if macro else None,
        max_threads=bounds.max_threads,
        min_blocks=bounds.min_blocks,
        static_lds=sum(definition.lds for definition in reached),
        fingerprint=hashlib.sha256("".join(sorted(each.digest for each in reached)).encode()).hexdigest(),
        helpers=tuple(sorted({each.name for each in reached[1:] if each.helper})),
        structs=tuple(sorted({each.name for each in reached[1:] if each.struct})),
    )


def _parameters(cursor: clang.Cursor) -> Iterator[Parameter]:
    names = [clang.spelling(child) for child in clang.children(cursor) if clang.kind(child) == Kind.PARM_DECL.value]
    for name, type_ in zip(names, clang.parameter_types(cursor), strict=True):
        yield Parameter(name, type_)


def _template_arguments(printed: str, name: str) -> tuple[str, ...]:
    """The arguments of an instance as clang prints them behind its name; libclang itself cannot name a function."""
    start = re.match(rf"template<>[^{{]*?\b{re.escape(name)}<", printed)
    if not start:
        return ()
    arguments, depth = [""], 0
    for character in printed[start.end() :]:
        if character == ">" and depth == 0:
            break
        depth += (character in "<([") - (character in ">)]")
        if character == "," and depth == 0:
            arguments.append("")
        else:
            arguments[-1] += character
    return tuple(argument.strip() for argument in arguments)


def _constants(unit: Unit) -> Callable[[str], str | None]:
    """Looks up the printed expression behind a constant's or a constexpr function's name."""

    def constant(name: str) -> str | None:
        for cursor in (*unit.constants, *unit.functions):
            if clang.spelling(cursor) == name:
                match = re.search(r"(?:=|\breturn\b)\s*([^;{}]+);?\s*}?\s*$", clang.printed(cursor))
                return match[1] if match else None
        return None

    return constant


class _Places:
    """Tells where kernels stand and which macro made them."""

    def __init__(self, unit: Unit, texts: Texts) -> None:
        self._unit = unit
        self._texts = texts
        self._macros: dict[str, Macro] | None = None

    def find(self, cursor: clang.Cursor) -> tuple[Place, tuple[Macro, int] | None]:
        """The kernel's own line (of a macro-made kernel: the use's) and, where a macro made it, that and its line."""
        location = clang.lib.clang_getCursorLocation(cursor)
        used = clang.position(location)
        name = clang.spelling(cursor)
        text = self._texts.slice(used.file, used.offset, used.offset + _LONGEST_USE)
        word = re.match(r"\w*", text)
        if word is None or word[0] == name:
            return self._texts.place(used.file, used.line), None
        spelled = _spelled_in_argument(cursor, used.offset)
        if spelled is not None:
            return self._texts.place(used.file, spelled), None
        macro = self._known().get(word[0])
        if macro is None:
            return self._texts.place(used.file, used.line), None
        call = list(tokens(text[word.end() :]))
        return self._texts.place(used.file, used.line), name_place(macro, call, name, self._known())

    def macro_place(self, macro: Macro, line: int) -> Place:
        """Where the macro's text puts the name."""
        return self._texts.place(macro.path, line)

    def _known(self) -> dict[str, Macro]:
        if self._macros is None:
            self._macros = {}
            for cursor in self._unit.macros:
                extent = clang.lib.clang_getCursorExtent(cursor)
                start = clang.position(clang.lib.clang_getRangeStart(extent))
                end = clang.position(clang.lib.clang_getRangeEnd(extent))
                text = self._texts.slice(start.file, start.offset, end.offset)
                macro = parse_macro(text, start.file, start.line)
                self._macros[macro.name] = macro
        return self._macros


def _spelled_in_argument(cursor: clang.Cursor, use: int) -> int | None:
    """The name's line when a macro was merely handed the whole kernel as an argument."""
    extent = clang.lib.clang_getCursorExtent(cursor)
    ends = (clang.lib.clang_getRangeStart(extent), clang.lib.clang_getRangeEnd(extent))
    if any(clang.position(end, spelled=True).offset == use for end in ends):
        return None
    return clang.position(clang.lib.clang_getCursorLocation(cursor), spelled=True).line
