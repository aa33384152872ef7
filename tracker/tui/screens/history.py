"""The runs of the past, whichever front end started them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from textual.app import ComposeResult

from db.views import RunRecord
from tracker.tui.commands import bindings
from tracker.tui.describe import local_time
from tracker.tui.screens.base import KerntrackScreen
from tracker.tui.widgets.columns import Piece
from tracker.tui.widgets.keyline import KeyLine
from tracker.tui.widgets.lines import Lines


class HistoryScreen(KerntrackScreen):
    """One line a run, with what it was about."""

    BINDINGS = bindings("history")
    WHERE = "history"

    def compose(self) -> ComposeResult:
        """Lines, footer."""
        yield Lines(id="runs")
        yield KeyLine(self.WHERE)

    def refresh_rows(self) -> None:
        """Somebody wrote to the database: read again."""
        self.kerntrack.load_runs()

    def show_runs(self, runs: Sequence[RunRecord]) -> None:
        """Draw what was read."""
        nothing: list[list[Piece]] = [[(" nothing has been done yet", "$foreground-muted")]]
        self.query_one(Lines).show(list(lines(runs)) or nothing)


def lines(runs: Sequence[RunRecord]) -> Iterator[list[Piece]]:
    """When, what, how long, how it ended, and the options that were given."""
    for run in runs:
        mark, style = ("✔", "$text-success") if run.good else ("✗", "$text-error")
        given = " ".join(
            f"{name}={value}" for name, value in run.options.items() if value not in (None, [], (), "", False)
        )
        yield [
            (f" {local_time(run.started)}  ", "$foreground-muted"),
            (f"{mark} {run.verb:<8}", style),
            (f"{seconds(run):>7.1f} s  ", "$foreground-muted"),
            (run.message, "$foreground"),
            (f"  {given}", "$foreground-disabled"),
        ]


def seconds(run: RunRecord) -> float:
    """How long it took."""
    return (datetime.fromisoformat(run.finished) - datetime.fromisoformat(run.started)).total_seconds()
