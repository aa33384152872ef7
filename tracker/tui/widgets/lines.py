"""Long texts drawn line by line: logs and sources. Only the lines on the screen cost anything."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from tracker.tui.palette import Palette
from tracker.tui.widgets.columns import Piece
from tracker.tui.widgets.pane import Pane


class Lines(Pane):
    """Lines made of styled pieces. Scrolls both ways."""

    DEFAULT_CSS = "Lines { background: $surface; scrollbar-size: 1 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: list[Sequence[Piece]] = []
        self._widest = 0
        self._palette = Palette("")

    @property
    def text(self) -> str:
        """The lines without their colours."""
        return "\n".join("".join(text for text, _ in line) for line in self.lines)

    def show(self, lines: Iterable[Sequence[Piece]]) -> None:
        """Replace everything."""
        self.lines, self._widest = [], 0
        self.add(lines)
        self.scroll_home(animate=False)

    def add(self, lines: Iterable[Sequence[Piece]], follow: bool = False) -> None:
        """Append lines; with `follow` the end stays in sight if it was."""
        at_end = self.scroll_offset.y >= self.max_scroll_y
        new = list(lines)
        self.lines += new
        self._widest = max([self._widest, *(sum(cell_len(text) for text, _ in line) for line in new)])
        self.virtual_size = Size(self._widest, len(self.lines))
        if follow and at_end:
            self.scroll_end(animate=False)
        self.refresh()

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        super().notify_style_update()
        if self._palette.theme != self.app.theme:
            self._palette = Palette(self.app.theme)

    def pieces(self, number: int) -> Sequence[Piece]:
        """What stands in one line."""
        return self.lines[number]

    def background(self, number: int) -> str:
        """The colour behind one line."""
        return "$surface"

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        width, left = self.size.width, self.scroll_offset.x
        number = y + self.scroll_offset.y
        if number >= len(self.lines):
            return Strip.blank(width, self._palette("$foreground"))
        behind = self.background(number)
        strip = Strip([Segment(text, self._palette(style, behind)) for text, style in self.pieces(number)])
        return strip.crop_extend(left, left + width, self._palette("$foreground", behind))
