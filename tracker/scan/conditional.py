"""Text between `#if` and `#endif`: what the preprocessor left out of this parse, another architecture compiles.

A scan parses for one architecture, and a fingerprint must change with the code for every one of them.
"""

import re
from collections import defaultdict
from ctypes import POINTER, Structure, c_uint, c_void_p
from typing import NamedTuple

from clang import cindex

from tracker.scan import clang
from tracker.scan.unit import Unit

_DIRECTIVE = re.compile(rb"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b(?:\\\r?\n|[^\n])*", re.MULTILINE)


class Span(NamedTuple):
    """Byte offsets in a file."""

    start: int
    end: int


class _RangeList(Structure):
    _fields_ = (("count", c_uint), ("ranges", POINTER(cindex.SourceRange)))


_skipped_ranges = clang.lib.clang_getAllSkippedRanges
_skipped_ranges.argtypes, _skipped_ranges.restype = [c_void_p], POINTER(_RangeList)
_dispose = clang.lib.clang_disposeSourceRangeList
_dispose.argtypes, _dispose.restype = [POINTER(_RangeList)], None


def skipped_spans(unit: Unit) -> dict[str, list[Span]]:
    """By file: what the preprocessor skipped, each with the directive that decided it."""
    found: dict[str, list[Span]] = defaultdict(list)
    ranges = _skipped_ranges(unit.translation_unit.obj)
    for number in range(ranges.contents.count):
        each = ranges.contents.ranges[number]
        start = clang.position(clang.lib.clang_getRangeStart(each))
        end = clang.position(clang.lib.clang_getRangeEnd(each))
        found[start.file].append(Span(start.offset, end.offset))
    _dispose(ranges)
    return found


def directive_spans(content: bytes) -> list[Span]:
    """The conditions themselves."""
    return [Span(*match.span()) for match in _DIRECTIVE.finditer(content)]
