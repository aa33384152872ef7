"""How the matrix is shown: filter, order, groups, and the pane that follows the cursor."""

from collections.abc import Sequence
from dataclasses import replace

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widgets import Input

from tracker.tui import describe
from tracker.tui.entries import Entry
from tracker.tui.filtering import FilterError
from tracker.tui.finding import find, step
from tracker.tui.model import GROUPINGS, Arrangement, GroupRow, Memo, Row, View, arrange, fold, switch
from tracker.tui.screens.base import KerntrackScreen
from tracker.tui.widgets.bars import JobBar, Legend, Summary
from tracker.tui.widgets.columns import OPTIONAL
from tracker.tui.widgets.filterbar import FilterBar, FilterInput
from tracker.tui.widgets.keyline import KeyLine
from tracker.tui.widgets.matrix import Matrix
from tracker.tui.widgets.textpane import TextPane


class MatrixView(KerntrackScreen):
    """Owns the view and the marks, and draws what the app has loaded."""

    WHERE = "matrix"
    AUTO_FOCUS = "#matrix"

    def __init__(self, view: View, cursor: str | None = None, detail: bool = True) -> None:
        super().__init__()
        self.view = view
        self.marks: frozenset[str] = frozenset()
        self.mark_from: str | None = None
        self.filter_error = ""
        self.search = ""
        self.search_error = ""
        self.found: list[int] = []
        self._counted: Sequence[Entry] = ()
        self._memo: Memo = {}
        self.start_at = cursor
        self.cursor_key = cursor
        self.detail_on = detail

    def compose(self) -> ComposeResult:
        """Bars, matrix and detail, footer."""
        yield Summary()
        yield Legend()
        yield FilterBar("filter", "/", self.view.filter)
        yield FilterBar("find", "find")
        with Container(id="body"):
            yield Matrix(id="matrix")
            yield TextPane(id="detail").set_class(not self.detail_on, "off")
        yield JobBar()
        yield KeyLine(self.WHERE)

    def on_mount(self) -> None:
        """What follows the cursor or a text is watched, to be painted together with it."""
        self.watch(self.matrix, "at", self.show_detail, init=False)
        self.watch(self.query_one("#filter", Input), "value", self.filter_typed, init=False)
        self.watch(self.query_one("#find", Input), "value", self.find_typed, init=False)

    @property
    def matrix(self) -> Matrix:
        """The matrix."""
        return self.query_one(Matrix)

    def refresh_rows(self) -> None:
        """Arrange the loaded kernels anew and draw them."""
        app = self.kerntrack
        arrangement, self.filter_error = self._arrange(self.view)
        self.matrix.note = self._empty_note()
        self.matrix.show(arrangement, self.view, self.marks)
        if self.start_at and app.loaded:
            self.matrix.go_to(self.start_at)
            self.start_at = None
        self.query_one("#filter-bar", FilterBar).show(self.filter_error)
        self._find()
        self.refresh_bars(arrangement)

    def _find(self) -> None:
        """Underline what is found among the rows shown."""
        self.search_error = ""
        try:
            self.found = find(self.matrix.arrangement, self.search, self.kerntrack.source.archs)
        except FilterError as problem:
            self.found, self.search_error = [], str(problem)
        self.matrix.underline(self.found)
        note = f"{len(self.found)} found" if self.search else ""
        self.query_one("#find-bar", FilterBar).show(self.search_error, note)

    @property
    def _words(self) -> list[str]:
        """What was typed and is in force."""
        error = f": {self.filter_error}" if self.filter_error else ""
        words = [f"filter {self.view.filter}{error}"] if self.view.filter else []
        came = self.search_error or f"{len(self.found)} found"
        return [*words, f"find {self.search}: {came}"] if self.search else words

    def _arrange(self, view: View) -> tuple[Arrangement, str]:
        """The rows and what is wrong with the filter: its last word may be half typed, then those before it hold."""
        app = self.kerntrack
        if app.entries is not self._counted:
            self._counted, self._memo = app.entries, {}
            self.matrix.longest = max((len(entry.kernel.title) for entry in app.entries), default=0)
        try:
            return arrange(app.entries, view, app.source.archs, self._memo), ""
        except FilterError as problem:
            return self._arrange(replace(view, filter=view.filter.rpartition(" ")[0]))[0], str(problem)

    def refresh_bars(self, arrangement: Arrangement | None = None) -> None:
        """Draw the lines above and below the matrix."""
        app, found = self.kerntrack, arrangement or self.matrix.arrangement
        numbers = (len(found.total.members), len(self.marks), len(app.entries), app.ported)
        self.query_one(Summary).show(app.source.title, numbers, [*self._words, *app.modes])
        self.query_one(Legend).show(app.counts, self.view.only)

    def refresh_jobs(self) -> None:
        """Draw the job line and the footer's idea of what can be done."""
        self.query_one(JobBar).show(self.kerntrack.jobs)
        self.refresh_bindings()

    def set_view(self, view: View) -> None:
        """Show the rows in another way."""
        self.view = view
        self.refresh_rows()

    def target_archs(self) -> tuple[str, ...]:
        """The architecture under the cursor, or every one shown."""
        arch = self.matrix.arch
        return (arch,) if arch else self.matrix.arrangement.archs

    def _empty_note(self) -> str:
        app = self.kerntrack
        if not app.loaded:
            return "\n".join(app.troubles.values()) or "loading…"
        return "no kernel matches; esc shows all" if app.kernels else "no kernels yet: press s to scan the sources"

    # what widgets report

    def show_detail(self, at: tuple[Row | None, str | None]) -> None:
        """The pane follows the cursor."""
        row = at[0]
        if row:
            self.query_one(TextPane).show(self.described(row))
        if row and not self.start_at:
            self.cursor_key = row.key

    def described(self, row: Row) -> Content:
        """A row in words, on the architecture under the cursor."""
        archs = self.target_archs()
        return describe.group(row, archs) if isinstance(row, GroupRow) else describe.kernel(row.kernel, archs)

    @on(Matrix.Opened)
    def open_row(self, event: Matrix.Opened) -> None:
        """A double click opens like enter does."""
        self._open(event.row)

    @on(Matrix.HeaderClicked)
    def sort_by(self, event: Matrix.HeaderClicked) -> None:
        """Sort by a column; the column in force is reversed."""
        self._sort(event.column)

    @on(Legend.Switched)
    def legend_switched(self, event: Legend.Switched) -> None:
        """A click on the legend."""
        self.action_switch(event.state)

    def filter_typed(self, text: str) -> None:
        """The rows follow the text as it is typed."""
        if text != self.view.filter:
            self.set_view(replace(self.view, filter=text))

    def find_typed(self, text: str) -> None:
        """The cursor goes to what is found while one types."""
        self.search = text
        self._find()
        self.refresh_bars()
        self._step(0)

    @on(events.DescendantFocus)
    def close_bars(self) -> None:
        """One types no more."""
        for bar in self.query(FilterBar):
            bar.close()

    # actions, see commands.py

    def action_open(self) -> None:
        """Open a kernel, fold or unfold a heading."""
        if self.matrix.row:
            self._open(self.matrix.row)

    def _open(self, row: Row) -> None:
        if isinstance(row, GroupRow):
            self.set_view(fold(self.view, [row.key], not row.folded))
        else:
            self.kerntrack.open_kernel(row.kernel)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed, such keys are letters like any other."""
        if action in ("filter", "find") and isinstance(self.focused, FilterInput):
            return False
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one("#filter-bar", FilterBar).open()

    def action_find(self) -> None:
        """Type what is to be found."""
        self.query_one("#find-bar", FilterBar).open()

    def action_next_found(self) -> None:
        """To the next row that was found."""
        self._step(1)

    def action_previous_found(self) -> None:
        """To the one before."""
        self._step(-1)

    def _step(self, way: int) -> None:
        at = step(self.found, self.matrix.cursor, way)
        if at is not None:
            self.matrix.cursor = at
        elif way:
            self.notify(f"no row shown matches {self.search}" if self.search else "f finds rows first", timeout=2)

    def action_clear(self) -> None:
        """Undo one thing that hides or marks."""
        if self.marks:
            self._set_marks(frozenset())
        elif self.search:
            self.query_one("#find-bar", FilterBar).set("")
        elif self.view.filter:
            self.query_one("#filter-bar", FilterBar).set("")
        elif self.view.only:
            self.set_view(replace(self.view, only=frozenset()))

    def action_switch(self, state: str) -> None:
        """Turn one entry of the legend over."""
        self.set_view(switch(self.view, state))

    def _set_marks(self, marks: frozenset[str]) -> None:
        self.marks = marks
        self.matrix.marks = marks
        self.matrix.refresh()
        self.refresh_bars()

    def action_sort(self) -> None:
        """Sort by the next column."""
        names = [column.name for column in self.matrix.columns]
        at = names.index(self.view.sort) if self.view.sort in names else -1
        self.set_view(replace(self.view, sort=names[(at + 1) % len(names)], reverse=False))

    def action_sort_here(self) -> None:
        """Sort by the column under the cursor."""
        self._sort(self.matrix.arch or "kernel")

    def _sort(self, column: str) -> None:
        reverse = column == self.view.sort and not self.view.reverse
        self.set_view(replace(self.view, sort=column, reverse=reverse))

    def action_columns(self) -> None:
        """Choose the columns to show."""
        self.kerntrack.open_columns((*self.kerntrack.source.archs, *OPTIONAL), self.view.hidden, self._hide)

    def _hide(self, columns: frozenset[str]) -> None:
        if columns.issuperset(self.kerntrack.source.archs):
            self.notify("one architecture at least must be shown", severity="warning")
            return
        self.set_view(replace(self.view, hidden=columns))

    def action_group(self) -> None:
        """Group in the next way."""
        at = (GROUPINGS.index(self.view.group) + 1) % len(GROUPINGS)
        self.set_view(replace(self.view, group=GROUPINGS[at], folded=frozenset()))
        self.notify("not grouped" if GROUPINGS[at] == "none" else f"grouped by {GROUPINGS[at]}", timeout=2)

    def action_fold_all(self) -> None:
        """Fold every group that stands at the left."""
        found = [row.key for row in self.matrix.arrangement.rows if isinstance(row, GroupRow) and row.level == 0]
        self.set_view(fold(self.view, found, True))

    def action_unfold_all(self) -> None:
        """Open every group."""
        self.set_view(replace(self.view, folded=frozenset()))

    def action_detail(self) -> None:
        """Show or hide the detail pane."""
        self.detail_on = not self.detail_on
        self.query_one(TextPane).set_class(not self.detail_on, "off")
