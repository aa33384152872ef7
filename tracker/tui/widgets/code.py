"""Sources side by side: the kernel's lines stand next to each other and scroll together."""

import re
from collections.abc import Sequence
from functools import cache

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from tracker.tui.differences import hunks
from tracker.tui.sources import SourceText
from tracker.tui.widgets.columns import Piece
from tracker.tui.widgets.lines import Lines

CONTEXT = 3
"""Lines to see above the kernel when a source opens."""
TOKENS = re.compile(
    r"(?P<comment>//.*|/\*.*?(?:\*/|$))|(?P<text>\"(?:\\.|[^\"])*\")|(?P<directive>^\s*#\s*\w+)"
    r"|(?P<number>\b(?:0x[0-9a-fA-F]+|\d[\d.]*(?:e[+-]?\d+)?)[fulFUL]*\b)|(?P<word>\b[A-Za-z_]\w*\b)"
)
KEYWORDS = (
    "if else for while do return switch case default break continue const constexpr static inline struct union enum "
    "typedef template typename class using namespace extern sizeof volatile restrict __restrict__"
)
TYPES = (
    "void int char float double half half2 long short unsigned signed bool auto size_t int8_t uint8_t int16_t uint16_t "
    "int32_t uint32_t int64_t uint64_t __half __half2 dim3"
)
WORDS = dict.fromkeys(TYPES.split(), "$text-secondary") | dict.fromkeys(KEYWORDS.split(), "bold $text-primary")
STYLES = {
    "comment": "italic $foreground-muted",
    "text": "$text-success",
    "directive": "$text-accent",
    "number": "$text-warning",
}


@cache
def highlight(line: str) -> tuple[Piece, ...]:
    """A line of CUDA or HIP in colours. Lines are taken by themselves: inside a block comment it shows code."""
    found: list[Piece] = []
    end = 0
    for match in TOKENS.finditer(line):
        style = _style(match.lastgroup or "", match[0])
        if style:
            found += [(line[end : match.start()], "$foreground"), (match[0], style)]
            end = match.end()
    return (*found, (line[end:], "$foreground"))


def _style(kind: str, text: str) -> str:
    if kind != "word":
        return STYLES.get(kind, "")
    return WORDS.get(text, "$text-secondary" if text.startswith("__") else "")


def signature(lines: Sequence[str], start: int) -> range:
    """Line numbers (from 0) of the kernel's head: from line `start` (from 1) to its opening brace."""
    first = max(0, start - 1)
    for number in range(first, min(first + 30, len(lines))):
        if "{" in lines[number]:
            return range(first, number + 1)
    return range(first, min(first + 1, len(lines)))


class Code(Lines):
    """One source. `differing`: names of parameters to mark in the kernel's head; `changed`: lines to mark below it."""

    class Scrolled(Message):
        """The user moved this side."""

        def __init__(self, code: "Code") -> None:
            super().__init__()
            self.code = code

    def __init__(self, source: SourceText, differing: frozenset[str], changed: frozenset[int], *, id: str) -> None:
        super().__init__(id=id)
        self.source, self.changed = source, changed
        self.placed = False
        """True once it stands at the kernel."""
        texts = (source.text or "").expandtabs(4).splitlines()
        self.head = signature(texts, source.line)
        words = re.compile(rf"\b(?:{'|'.join(map(re.escape, differing)) or '(?!)'})\b")
        self.marked = frozenset(n for n in self.head if words.search(texts[n])) if texts else frozenset()
        self.add([((text, ""),) for text in texts])

    def pieces(self, number: int) -> Sequence[Piece]:
        """Line number, mark, code."""
        mark = "≠" if number in self.marked or number in self.changed else " "
        style = "bold $text-warning" if mark == "≠" else "$foreground-disabled"
        return [(f"{number + 1:>5}{mark}", style), *highlight(self.lines[number][0][0])]

    def background(self, number: int) -> str:
        """The kernel's head and changed lines stand out; where a parameter differs, more so."""
        if number in self.marked:
            return "$warning-muted"
        if number in self.changed:
            return "$primary-muted"
        return "$panel" if number in self.head else "$surface"

    def on_resize(self) -> None:
        """Start at the kernel, as soon as there is room to draw."""
        if not self.placed:
            self.placed = True
            self.to_line(self.source.line)

    def to_line(self, line: int) -> None:
        """Bring a line (from 1) into view."""
        self.scroll_to(y=max(0, line - 1 - CONTEXT), animate=False, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Tell the other side."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Scrolled(self))


Stop = tuple[str, int]
"""A side and a line (from 0) of its text."""


def next_stop(stops: Sequence[Stop], at: Stop | None, way: int) -> Stop:
    """The stop after or before `at`, from the other end at an end; the first or last where `at` is None."""
    if at not in stops:
        return stops[0 if way > 0 else -1]
    return stops[(stops.index(at) + way) % len(stops)]


class SideBySide(Horizontal):
    """CUDA on the left, HIP on the right."""

    at: Stop | None = None
    """The difference that was gone to last."""

    DEFAULT_CSS = """
    SideBySide Vertical { width: 1fr; }
    SideBySide Vertical.empty { width: 32; }
    SideBySide .path { height: 1; background: $panel; text-style: bold; padding: 0 1; }
    SideBySide .absent { padding: 1 2; color: $foreground-muted; height: 1fr; }
    SideBySide #hip-side { border-left: solid $panel; }
    """

    def __init__(self, cuda: SourceText, hip: SourceText, differing: frozenset[str]) -> None:
        super().__init__()
        self.sides = {"cuda": cuda, "hip": hip}
        self.differing = differing
        self.hunks = hunks(cuda, hip)

    def compose(self) -> ComposeResult:
        """Each side's path above its text, or why there is none."""
        changed = {side: frozenset(n for hunk in self.hunks for n in getattr(hunk, side)) for side in self.sides}
        for side, source in self.sides.items():
            with Vertical(id=f"{side}-side", classes="" if source.text else "empty"):
                yield Static(
                    f"{side.upper()}  {source.path}:{source.line}" if source.path else side.upper(),
                    classes="path",
                    markup=False,
                )
                if source.text is None:
                    yield Static(source.note, classes="absent", markup=False)
                else:
                    yield Code(source, self.differing, changed[side], id=f"{side}-code")

    def step(self, way: int) -> bool:
        """Bring the next difference into view (`way` -1: the one before); False where none is known."""
        stops = self._stops()
        if stops:
            self.at = side, number = next_stop(stops, self.at, way)
            self.query_one(f"#{side}-code", Code).to_line(number + 1)
        return bool(stops)

    def _stops(self) -> list[Stop]:
        """Parameters of the first side that has them marked, and the first line of each change, from top to bottom."""
        codes = {side: code for side in self.sides for code in self.query(f"#{side}-code").results(Code)}
        found = {("hip", hunk.hip[0]) if hunk.hip else ("cuda", hunk.cuda[0]) for hunk in self.hunks}
        heads = [{(side, number) for number in code.marked} for side, code in codes.items() if code.marked]
        return sorted(found.union(*heads[:1]), key=lambda stop: stop[1] - codes[stop[0]].source.line)

    def on_code_scrolled(self, message: Code.Scrolled) -> None:
        """Keep the kernels' first lines next to each other."""
        moved = message.code
        for other in self.query(Code):
            if other is not moved:
                target = moved.scroll_offset.y - moved.source.line + other.source.line
                other.scroll_to(y=max(0, min(target, other.max_scroll_y)), animate=False, immediate=True)
