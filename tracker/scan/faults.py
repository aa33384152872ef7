"""Definitions that did not parse cleanly."""

from collections.abc import Callable, Sequence

from tracker.scan import clang
from tracker.scan.facts import Diagnostic
from tracker.scan.macros import tokens
from tracker.scan.texts import Texts


def faulty_text(texts: Texts, diagnostics: Sequence[Diagnostic]) -> Callable[[clang.Cursor], str]:
    """For a definition with an error in it: its tokens as written, since the tree lacks what was not understood."""
    faults = {each.place for each in diagnostics if each.severity in ("error", "fatal")}

    def addition(cursor: clang.Cursor) -> str:
        if not faults:
            return ""
        extent = clang.lib.clang_getCursorExtent(cursor)
        start = clang.position(clang.lib.clang_getRangeStart(extent))
        end = clang.position(clang.lib.clang_getRangeEnd(extent))
        path = texts.path(start.file)
        if not any(fault.path == path and start.line <= fault.line <= end.line for fault in faults):
            return ""
        return " ".join(token.text for token in tokens(texts.slice(start.file, start.offset, end.offset)))

    return addition
