"""The map: how far the whole port is, at one glance."""

from collections.abc import Sequence

from textual.app import ComposeResult

from db.views import Outcome
from tracker.tui import heat, progress
from tracker.tui.commands import bindings
from tracker.tui.screens.base import KerntrackScreen
from tracker.tui.widgets.bars import Legend
from tracker.tui.widgets.keyline import KeyLine
from tracker.tui.widgets.lines import Lines


class MapScreen(KerntrackScreen):
    """Draws the kernels the app has loaded."""

    BINDINGS = bindings("map")
    WHERE = "map"

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: Sequence[Outcome] = ()

    def compose(self) -> ComposeResult:
        """Legend, map, footer."""
        yield Legend()
        yield Lines(id="map")
        yield KeyLine(self.WHERE)

    def on_resize(self) -> None:
        """Draw for the new width."""
        if self.ready:
            self._draw()

    def refresh_rows(self) -> None:
        """Draw what was loaded; what was found out since is read."""
        self._draw()
        self.kerntrack.load_progress()

    def show_progress(self, outcomes: Sequence[Outcome]) -> None:
        """Draw the curves."""
        self.outcomes = outcomes
        self._draw()

    def _draw(self) -> None:
        app, width = self.kerntrack, self.size.width
        archs = app.source.archs
        self.query_one(Legend).show(app.counts, frozenset())
        view = self.query_one(Lines)
        view.show(heat.lines(app.kernels, archs, width))
        view.add(heat.shares(app.kernels, archs))
        view.add(heat.devices(app.kernels, archs))
        view.add(progress.lines(self.outcomes, len(app.kernels) * len(archs), width))
