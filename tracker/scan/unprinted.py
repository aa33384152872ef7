"""What decides a definition's code and does not show when clang prints its tree."""

import math
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property

from clang.cindex import CursorKind as Kind

from kernels import INCLUDE
from tracker.scan import clang
from tracker.scan.conditional import Span, directive_spans, skipped_spans
from tracker.scan.facts import Diagnostic
from tracker.scan.macros import Macro, tokens
from tracker.scan.texts import Texts
from tracker.scan.unit import Unit

_PRAGMA = re.compile(rb"^[ \t]*#[ \t]*pragma\b(?![ \t]+(?:once|unroll|nounroll)\b).*$|_Pragma[ \t]*\(.*", re.MULTILINE)
"""Pragmas other than those that clang prints with a loop. Inside a macro they count wherever the file counts."""

_KERNEL, _INCLUDE = "__global__", "# include"
_CHOICE = re.compile(rb"\bif\s+constexpr\b")


class Unprinted:
    """Pragmas, code for other architectures, and text that did not parse."""

    def __init__(self, unit: Unit, texts: Texts, macros: Mapping[str, Macro], faults: Iterable[Diagnostic]) -> None:
        self._unit = unit
        self._texts = texts
        self._macros = macros
        self._faults: dict[str, list[int]] = defaultdict(list)
        for fault in faults:
            if fault.severity in ("error", "fatal"):
                self._faults[fault.place.path].append(fault.place.line)
        self._plain = cache(self._find_plain)
        self._pragmas = cache(self._find_pragmas)
        self._conditional = cache(self._find_conditional)

    def text(self, cursor: clang.Cursor) -> str:
        """To be added to a definition's own text; nothing for most."""
        start, end = clang.extent(cursor)
        if not start.file:
            return ""
        around = Span(start.offset, end.offset)
        spans = [each for each in self._pragmas(start.file) if self._holds(each, around, start.file)]
        spans += _inside(self._conditional(start.file), around)
        parts = [self._plain(start.file, span) for span in spans]
        if any(start.line <= line <= end.line for line in self._faults.get(self._texts.path(start.file), ())):
            parts.append(self._with_macros(self._plain(start.file, around), set()))
        return "\n".join(parts)

    def mentions(self, cursor: clang.Cursor) -> Iterator[clang.Cursor]:
        """What a definition may refer to on another architecture: names in code left out of it, by name, and of an
        instance its template, when that chooses by `if constexpr` and so may keep another branch."""
        start, end = clang.extent(cursor)
        template = clang.lib.clang_getSpecializedCursorTemplate(cursor)
        if clang.kind(template) == Kind.FUNCTION_TEMPLATE.value and _CHOICE.search(
            self._texts.content(start.file), start.offset, end.offset
        ):
            yield template
        for span in _inside(self._conditional(start.file), Span(start.offset, end.offset)):
            for name in set(self._plain(start.file, span).split()):
                yield from self._named.get(name, ())

    @cached_property
    def shared(self) -> str:
        """Conditional text outside of all definitions: it may decide any macro or declaration, for all kernels."""
        parts = [text for file in sorted(self._own_files(), key=self._texts.path) for text in self._outside(file)]
        for file in sorted(self._shipped_files()):
            content = self._texts.content(file)
            parts += [" ".join(map(str, content[start:end].split())) for start, end in self._conditional(file)]
        return "\n".join(parts)

    def hides_more(self) -> bool:
        """True when code left out of this parse may define a kernel or includes a header."""
        making = {name for name, macro in self._macros.items() if any(each.text == _KERNEL for each in macro.body)}
        texts = [text for file in self._own_files() for text in self._outside(file)]
        return any(_INCLUDE in text or not making.isdisjoint(text.split()) or _KERNEL in text for text in texts)

    def _outside(self, file: str) -> Iterator[str]:
        extents = self._extents.get(file, ())
        return (self._plain(file, span) for span in self._conditional(file) if not _within(span, extents))

    def _find_plain(self, file: str, span: Span) -> str:
        return " ".join(token.text for token in tokens(self._texts.slice(file, *span)))

    def _holds(self, pragma: Span, definition: Span, file: str) -> bool:
        """A pragma holds for the definition around it; outside of all functions, for what follows in the file."""
        if definition.start <= pragma.start < definition.end:
            return True
        return pragma.start < definition.start and not _within(pragma, self._extents.get(file, ()))

    def _find_pragmas(self, file: str) -> list[Span]:
        return [Span(*match.span()) for match in _PRAGMA.finditer(self._texts.content(file))]

    def _find_conditional(self, file: str) -> list[Span]:
        """A header read twice is skipped the second time, with functions in it: that is no conditional text."""
        extents = self._extents.get(file, ())
        skipped = (each for each in self._skipped.get(file, ()) if not _inside(extents, each))
        return sorted([*directive_spans(self._texts.content(file)), *skipped])

    @cached_property
    def _extents(self) -> dict[str, list[Span]]:
        """Where the project's functions stand, by file."""
        found: dict[str, list[Span]] = defaultdict(list)
        for cursor in (*self._unit.functions, *self._unit.templates):
            start, end = clang.extent(cursor)
            found[start.file].append(Span(start.offset, end.offset))
        return {file: sorted(set(spans)) for file, spans in found.items()}

    def _own_files(self) -> set[str]:
        """The unit's file and the project's headers."""
        with_macros = {macro.path for macro in self._macros.values()}
        return {*self._extents, *with_macros, self._unit.translation_unit.spelling}

    def _shipped_files(self) -> set[str]:
        """Headers shipped with kerntrack, as far as the unit includes them."""
        included = (each.include.name for each in self._unit.translation_unit.get_includes())
        return {file for file in included if file.startswith(str(INCLUDE))}

    @cached_property
    def _skipped(self) -> dict[str, list[Span]]:
        return skipped_spans(self._unit)

    @cached_property
    def _named(self) -> dict[str, list[clang.Cursor]]:
        found: dict[str, list[clang.Cursor]] = defaultdict(list)
        unit = self._unit
        for cursor in (*unit.functions, *unit.templates, *unit.records, *unit.constants, *unit.toolkit):
            found[clang.spelling(cursor)].append(cursor)
        return found

    def _with_macros(self, text: str, entered: set[str]) -> str:
        """Text as written, followed by that of the macros that it mentions."""
        parts = [text]
        for name in text.split():
            if name in self._macros and name not in entered:
                entered.add(name)
                body = " ".join(token.text for token in self._macros[name].body)
                parts.append(self._with_macros(body, entered))
        return " ".join(parts)


def _inside(spans: Sequence[Span], around: Span) -> Sequence[Span]:
    """Those of the sorted spans that begin in `around`."""
    return spans[bisect_left(spans, (around.start,)) : bisect_left(spans, (around.end,))]


def _within(span: Span, extents: Sequence[Span]) -> bool:
    """True when one of the sorted extents, which do not overlap, has the span in it."""
    before = bisect_right(extents, (span.start, math.inf)) - 1
    return before >= 0 and span.start < extents[before].end
