"""Where kernels stand, and which macro made them."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from tracker.scan import clang
from tracker.scan.facts import Place
from tracker.scan.macros import Macro, call_tokens, name_place, parse_macro
from tracker.scan.texts import Texts
from tracker.scan.unit import Unit

_LONGEST_USE = 20_000
"""Bytes of source behind a macro's name in which the use's arguments must end."""


class Origin(NamedTuple):
    """`place` is the kernel's own line, or that of the macro's use; `macro_place` where the macro spells the name.

    `lines` are those of the definition, of a macro's text where that makes the kernel.
    """

    place: Place
    lines: int
    macro: str | None = None
    macro_place: Place | None = None


def find_origin(cursor: clang.Cursor, texts: Texts, macros: Mapping[str, Macro]) -> Origin:
    """Where a kernel comes from."""
    used = clang.position(clang.lib.clang_getCursorLocation(cursor))
    place = texts.place(used.file, used.line)
    name = clang.spelling(cursor)
    text = texts.slice(used.file, used.offset, used.offset + _LONGEST_USE)
    word = re.match(r"\w*", text)
    if word is None or word[0] == name or word[0] not in macros:
        return Origin(place, _lines(cursor))
    spelled = _line_in_argument(cursor, used.offset)
    if spelled is not None:
        return Origin(texts.place(used.file, spelled), _lines(cursor, spelled=True))
    whole = macros[word[0]]
    macro, line = name_place(whole, call_tokens(text[word.end() :]), name, macros)
    lines = (macro if macro.has_body else whole).lines
    return Origin(place, lines, macro.name, texts.place(macro.path, line))


def _lines(cursor: clang.Cursor, *, spelled: bool = False) -> int:
    start, end = clang.extent(cursor, spelled=spelled)
    return max(end.line - start.line, 0) + 1


def project_macros(unit: Unit, texts: Texts) -> dict[str, Macro]:
    """The macros of the project's files by name, the last definition of each."""
    found: dict[str, Macro] = {}
    for cursor in unit.macros:
        start, end = clang.extent(cursor)
        macro = parse_macro(texts.slice(start.file, start.offset, end.offset), start.file, start.line)
        found[macro.name] = macro
    return found


def _line_in_argument(cursor: clang.Cursor, use: int) -> int | None:
    """The name's line when a macro was merely handed the whole kernel as an argument."""
    whole = clang.extent(cursor)[0].offset == use
    if not whole or any(end.offset == use for end in clang.extent(cursor, spelled=True)):
        return None
    return clang.position(clang.lib.clang_getCursorLocation(cursor), spelled=True).line
