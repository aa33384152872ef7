"""What can be scrolled through: the keys of the matrix hold in every pane."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.scroll_view import ScrollView
from textual.widgets import OptionList

SCROLLING: list[BindingType] = [
    Binding("k", "scroll_up", show=False),
    Binding("j", "scroll_down", show=False),
    Binding("h", "scroll_left", show=False),
    Binding("l", "scroll_right", show=False),
    Binding("ctrl+b", "page_up", show=False),
    Binding("ctrl+f", "page_down", show=False),
    Binding("ctrl+u", "half_page(-1)", show=False),
    Binding("ctrl+d", "half_page(1)", show=False),
    Binding("g", "scroll_home", show=False),
    Binding("G", "scroll_end", show=False),
]


class Pane(ScrollView, can_focus=True):
    """A long text."""

    BINDINGS: ClassVar[list[BindingType]] = SCROLLING

    @property
    def text(self) -> str:
        """The text without its colours."""
        raise NotImplementedError

    def action_half_page(self, way: int) -> None:
        """Scroll by half of what is seen."""
        self.scroll_to(y=self.scroll_offset.y + way * max(1, self.size.height // 2), animate=False)


class Choices(OptionList):
    """A list to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "cursor_up", show=False),
        Binding("j", "cursor_down", show=False),
        Binding("ctrl+b", "page_up", show=False),
        Binding("ctrl+f", "page_down", show=False),
        Binding("g", "first", show=False),
        Binding("G", "last", show=False),
    ]
