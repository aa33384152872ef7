"""The filter line: hidden until used, visible as long as a filter is on."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static


class FilterInput(Input):
    """Enter and the down arrow go back to the rows, escape drops the filter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "Clear filter"),
        Binding("enter,down", "leave", "To the rows"),
    ]

    class Left(Message):
        """The user is done typing."""

    def action_drop(self) -> None:
        """Empty the filter and leave."""
        self.value = ""
        self.post_message(self.Left())

    def action_leave(self) -> None:
        """Keep the filter and leave."""
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

    def __init__(self) -> None:
        super().__init__(id="filterbar")

    def compose(self) -> ComposeResult:
        """Label, input, error."""
        yield Static("/")
        yield FilterInput(id="filter", compact=True, placeholder="text  !text  state:failed  type:q5_1  arch:gfx1100")
        yield Static("", id="filter-error")

    def open(self) -> None:
        """Show the line and type into it."""
        self.add_class("on")
        self.query_one(FilterInput).focus()

    def show(self, text: str, error: str) -> None:
        """The filter in force, and why the text is none."""
        field = self.query_one(FilterInput)
        if field.value != text and not field.has_focus:
            field.value = text
        self.set_class(bool(text) or field.has_focus, "on")
        self.query_one("#filter-error", Static).update(error)
