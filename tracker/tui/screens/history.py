"""The runs of the past, whichever front end started them: a list above, the chosen run below."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from db.views import RunRecord
from tracker.tui.commands import bindings
from tracker.tui.describe import join, line, local_time, pair
from tracker.tui.pages import flatten
from tracker.tui.screens.base import KerntrackScreen
from tracker.tui.widgets.keyline import KeyLine
from tracker.tui.widgets.pane import Choices
from tracker.tui.widgets.textpane import TextPane


class HistoryScreen(KerntrackScreen):
    """Newest run first."""

    BINDINGS = bindings("history")
    WHERE = "history"
    AUTO_FOCUS = "#runs"

    def __init__(self) -> None:
        super().__init__()
        self.runs: Sequence[RunRecord] = ()

    def compose(self) -> ComposeResult:
        """List, run, footer."""
        yield Choices(id="runs", compact=True)
        yield TextPane(id="run")
        yield KeyLine(self.WHERE)

    def refresh_rows(self) -> None:
        """Somebody wrote to the database: read again."""
        self.kerntrack.load_runs()

    def show_runs(self, runs: Sequence[RunRecord]) -> None:
        """Draw what was read; the same run stays chosen."""
        listed = self.query_one(Choices)
        chosen = self.runs[listed.highlighted].id if listed.highlighted is not None else None
        self.runs = runs
        listed.set_options([Option(headline(run)) for run in runs])
        listed.highlighted = next((at for at, run in enumerate(runs) if run.id == chosen), 0) if runs else None
        if not runs:
            self.query_one(TextPane).show(line((" nothing has been done yet", "$foreground-muted")))

    @on(OptionList.OptionHighlighted)
    def open_run(self, event: OptionList.OptionHighlighted) -> None:
        """Another run."""
        self.query_one(TextPane).show(join(details(self.runs[event.option_index])))


def headline(run: RunRecord) -> Content:
    """When, what, how long, how it ended, and the options that were given."""
    mark, style = ("✔", "$text-success") if run.good else ("✗", "$text-error")
    return line(
        (f" {local_time(run.started)}  ", "$foreground-muted"),
        (f"{mark} {run.verb:<8}", style),
        (f"{seconds(run):>7.1f} s  ", "$foreground-muted"),
        (run.message.partition("\n")[0], "$foreground"),
        ("  " + " ".join(f"{name}={value}" for name, value in given(run).items()), "$foreground-disabled"),
    )


def details(run: RunRecord) -> Iterator[Content]:
    """Everything that was kept of a run."""
    yield line((f"{run.verb} #{run.id}", "bold $text-primary"))
    yield line((run.message, "$foreground" if run.good else "$text-error"))
    yield pair("begun", local_time(run.started))
    yield pair("took", f"{seconds(run):.1f} s")
    for title, table in (("asked for", given(run)), ("came out", run.summary)):
        rows = flatten(table)
        yield from [line((title, "bold $foreground"))] if rows else []
        yield from (line((f"  {name:<20} ", "$foreground-muted"), value) for name, value in rows.items())


def given(run: RunRecord) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in run.options.items() if value not in (None, [], (), "", False)}


def seconds(run: RunRecord) -> float:
    """How long it took."""
    return (datetime.fromisoformat(run.finished) - datetime.fromisoformat(run.started)).total_seconds()
