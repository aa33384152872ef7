"""One text on the whole screen: a cell's evidence where the pane beside the matrix is too small."""

from textual.app import ComposeResult
from textual.content import Content

from tracker.tui.commands import bindings
from tracker.tui.screens.base import KerntrackScreen
from tracker.tui.widgets.keyline import KeyLine
from tracker.tui.widgets.textpane import TextPane


class ViewerScreen(KerntrackScreen):
    """Stands still while the matrix goes on."""

    BINDINGS = bindings("viewer")
    WHERE = "viewer"

    def __init__(self, content: Content) -> None:
        super().__init__()
        self.content = content

    def compose(self) -> ComposeResult:
        """Text, footer."""
        yield TextPane(self.content, id="viewer")
        yield KeyLine(self.WHERE)
