"""The map: how far the whole port is, at one glance."""

from textual.app import ComposeResult
from textual.widgets import Footer

from tracker.tui import heat
from tracker.tui.commands import bindings
from tracker.tui.screens.base import KerntrackScreen
from tracker.tui.widgets.bars import Legend
from tracker.tui.widgets.lines import Lines


class MapScreen(KerntrackScreen):
    """Draws the kernels the app has loaded."""

    BINDINGS = bindings("map")
    WHERE = "map"

    def compose(self) -> ComposeResult:
        """Legend, map, footer."""
        yield Legend()
        yield Lines(id="map")
        yield Footer(show_command_palette=False, compact=True)

    def on_resize(self) -> None:
        """Draw for the new width."""
        self.refresh_rows()

    def refresh_rows(self) -> None:
        """Draw what was loaded."""
        app = self.kerntrack
        self.query_one(Legend).show(app.counts, frozenset())
        self.query_one(Lines).show(heat.lines(app.kernels, app.source.archs, self.size.width))
