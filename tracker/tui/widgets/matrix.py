"""The matrix: kernels by architectures, drawn line by line, so that its cost does not depend on the number of rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tracker.tui.model import NOTHING, Arrangement, Row, View
from tracker.tui.palette import Palette
from tracker.tui.widgets.columns import Column, clip, fit, pieces
from tracker.tui.widgets.height import set_height

INDENT = 6
"""What stands before a symbol at most: mark, two levels, a gap."""
RIGHT = 3
"""The mouse button that opens a menu."""
HEADER = 2
"""Lines that stay: the titles and the totals."""


class Matrix(ScrollView, can_focus=True):
    """Shows an arrangement. The cursor is a row and a column: column 0 means every architecture."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("left,h", "column(-1)", "Previous architecture", show=False),
        Binding("right,l", "column(1)", "Next architecture", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False),
        Binding("ctrl+d", "page(0.5)", "Half a page down", show=False),
        Binding("home,g", "edge(-1)", "First row", show=False),
        Binding("end,G", "edge(1)", "Last row", show=False),
    ]

    cursor = reactive(0, repaint=False)
    column = reactive(0, repaint=False)
    at: reactive[tuple[Row | None, str | None]] = reactive((None, None), repaint=False, always_update=True)
    """Row and architecture under the cursor; set again when the row's content changed.

    To be watched rather than told by a message: what depends on it is then painted together with the cursor.
    """

    @dataclass
    class Opened(Message):
        """A row was clicked twice."""

        row: Row

    class MenuWanted(Message):
        """The row under the cursor was clicked with the right button."""

    @dataclass
    class HeaderClicked(Message):
        """A column's title was clicked."""

        column: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.arrangement = NOTHING
        self.view = View()
        self.marks: frozenset[str] = frozenset()
        self.found: frozenset[int] = frozenset()
        """Numbers of rows to underline."""
        self.columns: tuple[Column, ...] = ()
        self.note = "loading…"
        self.longest = 0
        """Length of the longest symbol there is."""
        self._width = 0
        self._palette = Palette("")
        self._totals: Strip | None = None
        self._strips: dict[tuple[object, ...], Strip] = {}
        """Rows as they were drawn last, for as long as they look the same."""

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        rows = self.arrangement.rows
        return rows[self.cursor] if 0 <= self.cursor < len(rows) else None

    @property
    def arch(self) -> str | None:
        """The architecture under the cursor, None for all."""
        return self.arrangement.archs[self.column - 1] if 0 < self.column <= len(self.arrangement.archs) else None

    def show(self, arrangement: Arrangement, view: View, marks: frozenset[str]) -> None:
        """Draw other rows. The cursor stays on its row's key; where that is gone, on the same line."""
        key, top = (self.row.key if self.row else None), self.cursor - self.scroll_offset.y
        self.arrangement, self.view, self.marks = arrangement, view, marks
        self._layout_columns()
        at = arrangement.find(key) if key else None
        wanted = self.cursor if at is None else at
        self.set_reactive(Matrix.cursor, max(0, min(wanted, len(arrangement.rows) - 1)))
        self.column = min(self.column, len(arrangement.archs))
        self.scroll_to(y=self.cursor - top, animate=False, immediate=True)
        self._reveal()
        self.refresh()
        self._tell()

    def underline(self, rows: Sequence[int]) -> None:
        """Let these rows stand out."""
        if self.found != (found := frozenset(rows)):
            self.found = found
            self._strips.clear()
            self.refresh()

    def go_to(self, key: str) -> bool:
        """Put the cursor on a row; False when it is not shown."""
        at = self.arrangement.find(key)
        if at is None:
            return False
        self.cursor = at
        return True

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        super().notify_style_update()
        if self._palette.theme != self.app.theme:
            self._palette = Palette(self.app.theme)
            self._forget()

    def _forget(self) -> None:
        self._totals = None
        self._strips.clear()

    def _layout_columns(self) -> None:
        self.columns = fit(
            self.scrollable_content_region.width or self.size.width,
            self.arrangement.archs,
            self.longest + INDENT,
            self.view.hidden,
        )
        self._forget()
        set_height(self, len(self.arrangement.rows) + HEADER)

    def on_resize(self, event: events.Resize) -> None:
        """Other columns may fit."""
        if event.size.width != self._width:
            self._width = event.size.width
            self._layout_columns()
            self.refresh()
        self._reveal()

    def watch_cursor(self, old: int, new: int) -> None:
        """Draw the two rows concerned."""
        for line in (old, new):
            self._refresh_row(line)
        self._reveal()
        self._tell()

    def watch_column(self) -> None:
        """Draw the crosshair elsewhere: in the titles and in the cursor's row."""
        self.refresh(Region(0, 0, self.size.width, 1))
        self._refresh_row(self.cursor)
        self._tell()

    def _tell(self) -> None:
        self.at = (self.row, self.arch)

    def _refresh_row(self, row: int) -> None:
        y = row - self.scroll_offset.y + HEADER
        if HEADER <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _reveal(self) -> None:
        page = max(1, self.size.height - HEADER)
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + page:
            self.scroll_to(y=self.cursor - page + 1, animate=False, immediate=True)

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self.cursor = max(0, min(self.cursor + by, len(self.arrangement.rows) - 1))

    def action_page(self, pages: float) -> None:
        """Move the cursor by pages."""
        self.action_move(int(pages * max(1, self.size.height - HEADER - 1)))

    def action_edge(self, way: int) -> None:
        """Go to the first or the last row."""
        self.action_move(way * len(self.arrangement.rows))

    def action_column(self, by: int) -> None:
        """Move between the architectures; column 0 stands for all."""
        self.column = max(0, min(self.column + by, len(self.arrangement.archs)))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a double click opens, a click on a title sorts."""
        at = next((column for column in self.columns if column.start <= event.x < column.start + column.width), None)
        if event.y < HEADER:
            if at:
                self.post_message(self.HeaderClicked(at.name))
            return
        line = event.y - HEADER + self.scroll_offset.y
        if line >= len(self.arrangement.rows):
            return
        self.cursor = line
        if at:
            archs = self.arrangement.archs
            self.column = archs.index(at.name) + 1 if at.name in archs else 0
        if event.button == RIGHT:
            self.post_message(self.MenuWanted())
        elif event.chain == 2 and self.row:
            self.post_message(self.Opened(self.row))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines as they are drawn: without border and padding there is nothing that Textual's styling would add.

        It makes every line anew whenever the widget moves; these keep what Textual remembers in them.
        """
        background, filters = self.background_colors[1], self.get_line_filters()
        found = []
        for y in crop.line_range:
            strip = self.render_line(y)
            for each in filters:
                strip = strip.apply_filter(each, background)
            found.append(strip.crop(*crop.column_span))
        return found

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        width = self.size.width
        if y < HEADER:
            strip = self._total() if y else self._header()
            return strip.adjust_cell_length(width, self._palette("$foreground", "$panel"))
        line = y - HEADER + self.scroll_offset.y
        if line < len(self.arrangement.rows):
            return self._row(line)
        note = Strip([Segment(self._note_line(line - 1), self._palette("$foreground-muted"))])
        return note.adjust_cell_length(width, self._palette("$foreground"))

    def _note_line(self, number: int) -> str:
        """A line of what is said where there are no rows."""
        lines = [part for text in self.note.splitlines() for part in wrap(text, max(10, self.size.width - 4))]
        return f"  {lines[number]}" if not self.arrangement.rows and 0 <= number < len(lines) else ""

    def _total(self) -> Strip:
        if self._totals is None:
            self._totals = self._segments(self.arrangement.total, False, lambda _: "$panel")
        return self._totals

    def _header(self) -> Strip:
        segments = []
        for column in self.columns:
            arrow = ("▼" if self.view.reverse else "▲") if column.name == self.view.sort else ""
            title = " " + column.title if column.name == "kernel" else column.title
            style = "bold $text-primary" if column.name == self.arch else "bold $foreground"
            for text, _ in clip([(title + arrow, "")], column.width):
                segments.append(Segment(text, self._palette(style, "$panel")))
        return Strip(segments)

    def _row(self, line: int) -> Strip:
        row = self.arrangement.rows[line]
        here, marked = line == self.cursor, row.key in self.marks
        look = (line, marked, self.has_focus, self.column) if here else (line, marked)
        if look not in self._strips:
            name = "underline $foreground" if line in self.found else "$foreground"
            strip = self._segments(row, marked, lambda column: self._background(here, column), name)
            self._strips[look] = strip.adjust_cell_length(self.size.width, self._palette("$foreground"))
        return self._strips[look]

    def _segments(self, row: Row, marked: bool, background: Callable[[str], str], name: str = "$foreground") -> Strip:
        segments = []
        for column in self.columns:
            behind = background(column.name)
            for text, style in clip(pieces(row, column, marked, self.arrangement.depth, name), column.width):
                segments.append(Segment(text, self._palette(style, behind)))
        return Strip(segments)

    def _background(self, here: bool, column: str) -> str:
        if not here:
            return "$surface"
        if not self.has_focus:
            return "$panel"
        return "$primary-darken-3" if column == (self.arch or "kernel") else "$primary-muted"
