"""The pane beside the matrix: everything known about the row under the cursor."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static


class Detail(VerticalScroll, can_focus=True):
    """Scrolls a text."""

    DEFAULT_CSS = "Detail { padding: 0 1; background: $surface; }"

    def __init__(self) -> None:
        super().__init__(id="detail")
        self.content = Content("")

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static(self.content, id="detail-text")

    def show(self, content: Content) -> None:
        """Replace the text; a text of another row starts at its top."""
        if content.is_same(self.content):
            return
        same_row = content.plain.partition("\n")[0] == self.content.plain.partition("\n")[0]
        self.content = content
        self.query_one("#detail-text", Static).update(content)
        if not same_row:
            self.scroll_home(animate=False)
