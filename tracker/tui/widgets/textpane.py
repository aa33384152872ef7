"""A long styled text, wrapped to the pane's width and drawn line by line: another text costs no new layout."""

from textual import events
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

from tracker.tui.widgets.height import set_height
from tracker.tui.widgets.pane import Pane


class TextPane(Pane):
    """Shows one text and scrolls it."""

    DEFAULT_CSS = """
    TextPane { background: $surface; padding: 0 1; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }
    """

    def __init__(self, content: Content | str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.content = Content(content) if isinstance(content, str) else content
        self._lines: list[Content] = []
        self._width = 0

    @property
    def text(self) -> str:
        """The text without its colours."""
        return self.content.plain

    def show(self, content: Content) -> None:
        """Replace the text; one about something else (another first line) starts at its top."""
        if content.is_same(self.content):
            return
        same_subject = content.plain.partition("\n")[0] == self.content.plain.partition("\n")[0]
        self.content = content
        self._wrap()
        if not same_subject:
            self.scroll_home(animate=False)

    def on_resize(self, event: events.Resize) -> None:
        """Wrap to the new width."""
        if event.size.width != self._width:
            self._width = event.size.width
            self._wrap()

    def _wrap(self) -> None:
        self._lines = self.content.wrap(max(1, self.scrollable_content_region.width))
        set_height(self, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        number = y + self.scroll_offset.y
        base = Style.parse("$foreground on $surface")
        segments = self._lines[number].render_segments(base) if number < len(self._lines) else []
        return Strip(segments).adjust_cell_length(self.size.width, base.rich_style)
