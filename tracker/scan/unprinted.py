"""What decides a definition's code and does not show when clang prints it: text that did not parse, pragmas."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from tracker.scan import clang
from tracker.scan.facts import Diagnostic
from tracker.scan.macros import Macro, tokens
from tracker.scan.texts import Texts
from tracker.scan.unit import Unit

_PRAGMA = re.compile(rb"^[ \t]*#[ \t]*pragma\b(?![ \t]+(?:once|unroll|nounroll)\b).*$|_Pragma[ \t]*\(.*", re.MULTILINE)
"""Pragmas other than those that clang prints with a loop. Inside a macro they count wherever the file counts."""


class Unprinted:
    """Text to add to that of a definition."""

    def __init__(self, unit: Unit, texts: Texts, macros: Mapping[str, Macro], faults: Sequence[Diagnostic]) -> None:
        self._texts = texts
        self._macros = macros
        self._faults: dict[str, list[int]] = defaultdict(list)
        for fault in faults:
            if fault.severity in ("error", "fatal"):
                self._faults[fault.place.path].append(fault.place.line)
        self._functions = unit.functions
        self._pragmas = cache(self._find_pragmas)
        self._extents = cache(self._find_extents)

    def text(self, cursor: clang.Cursor) -> str:
        """Nothing for most definitions."""
        start, end = clang.extent(cursor)
        if not start.file:
            return ""
        pragmas = self._pragmas(start.file)
        parts = [self._texts.slice(start.file, *each) for each in pragmas if self._counts(each, start, end)]
        if any(start.line <= line <= end.line for line in self._faults.get(self._texts.path(start.file), ())):
            parts.append(self._source(self._texts.slice(start.file, start.offset, end.offset), set()))
        return "\n".join(parts)

    def _counts(self, pragma: tuple[int, int], start: clang.Position, end: clang.Position) -> bool:
        """A pragma counts for the definition around it; outside of all functions, for what follows in the file."""
        offset = pragma[0]
        if start.offset <= offset < end.offset:
            return True
        return offset < start.offset and not any(a <= offset < b for a, b in self._extents(start.file))

    def _find_pragmas(self, file: str) -> list[tuple[int, int]]:
        return [match.span() for match in _PRAGMA.finditer(self._texts.content(file))]

    def _find_extents(self, file: str) -> list[tuple[int, int]]:
        extents = (clang.extent(cursor) for cursor in self._functions)
        return [(start.offset, end.offset) for start, end in extents if start.file == file]

    def _source(self, text: str, entered: set[str]) -> str:
        """Tokens as written, followed by those of the macros that they mention."""
        found = [token.text for token in tokens(text)]
        for name in found:
            if name in self._macros and name not in entered:
                entered.add(name)
                body = " ".join(token.text for token in self._macros[name].body)
                found = [*found, self._source(body, entered)]
        return " ".join(found)
