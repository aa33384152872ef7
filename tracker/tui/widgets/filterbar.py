"""The filter line: hidden until used, visible as long as a filter is on."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

EXAMPLES = "text  !text  state:failed  type:q5_1  arch:gfx1100"


class FilterInput(Input):
    """Enter and the down arrow go back to the rows, escape drops the filter.

    Focus moves at once: keys that follow fast must not reach the wrong widget.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "Clear filter"),
        Binding("enter,down", "leave", "To the rows"),
    ]

    HINTS: ClassVar[tuple[tuple[str, str], ...]] = (("⏎", "To the rows"), ("esc", "Clear filter"))
    """What the last line shows while one types."""
    came_from: Widget | None = None

    class Left(Message):
        """The user is done typing."""

    def action_drop(self) -> None:
        """Empty the filter and leave."""
        self.value = ""
        self.action_leave()

    def action_leave(self) -> None:
        """Keep the filter and go to where one came from."""
        self.screen.set_focus(self.came_from)
        self.post_message(self.Left())


class FilterBar(Horizontal):
    """A label, the text, and what is wrong with it."""

    DEFAULT_CSS = """
    FilterBar { height: 1; display: none; }
    FilterBar.on { display: block; }
    FilterBar Static { width: auto; padding: 0 1; }
    FilterBar #filter-error { color: $text-error; }
    FilterBar FilterInput { width: 1fr; height: 1; border: none; padding: 0; }
    """

    def __init__(self, text: str) -> None:
        super().__init__(id="filterbar")
        self._first = text

    def compose(self) -> ComposeResult:
        """Label, input, error."""
        yield Static("/")
        yield FilterInput(self._first, id="filter", compact=True, placeholder=EXAMPLES)
        yield Static("", id="filter-error")

    def open(self) -> None:
        """Show the line and type into it."""
        self.add_class("on")
        field = self.query_one(FilterInput)
        field.came_from = self.screen.focused
        self.screen.set_focus(field)

    def set(self, text: str) -> None:
        """Put another filter into the line."""
        self.query_one(FilterInput).value = text

    def show(self, filtering: bool, error: str) -> None:
        """Whether a filter is in force, and why the text is none."""
        self.set_class(filtering or self.query_one(FilterInput).has_focus, "on")
        self.query_one("#filter-error", Static).update(error)
