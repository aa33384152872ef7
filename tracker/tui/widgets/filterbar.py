"""The filter line and the line for finding: hidden until used, visible as long as they are in force."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static

EXAMPLES = "text  !text  state:failed  type:q5_1  arch:gfx1100"


class FilterInput(Input):
    """Enter and the down arrow go back to the rows, escape drops the text.

    Focus moves at once: keys that follow fast must not reach the wrong widget.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "Clear"),
        Binding("enter,down", "leave", "To the rows"),
    ]

    HINTS: ClassVar[tuple[tuple[str, str], ...]] = (("⏎", "To the rows"), ("esc", "Clear"))
    """What the last line shows while one types."""
    came_from: Widget | None = None
    virtual_size = reactive(Size(0, 0))
    """Textual lays the whole screen out again when a text grows; this line never changes its own size."""

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
    FilterBar .error { color: $text-error; }
    FilterBar FilterInput { width: 1fr; height: 1; border: none; padding: 0; }
    """

    def __init__(self, name: str, label: str, text: str = "") -> None:
        super().__init__(id=f"{name}-bar")
        self._input = FilterInput(text, id=name, compact=True, placeholder=EXAMPLES)
        self._label = label
        self._note = ("", "")

    def compose(self) -> ComposeResult:
        """Label, input, note."""
        yield Static(self._label)
        yield self._input
        yield Static("", classes="note", markup=False)

    def open(self) -> None:
        """Show the line and type into it."""
        self.add_class("on")
        self._input.came_from = self.screen.focused
        self.screen.set_focus(self._input)

    def set(self, text: str) -> None:
        """Put another text into the line."""
        self._input.value = text

    def show(self, used: bool, error: str, note: str = "") -> None:
        """Whether the text is in force, and why it is none, or else what came of it."""
        self.set_class(used or self._input.has_focus, "on")
        if self._note != (error, note):  # another text costs a layout of the whole screen
            self._note = (error, note)
            note_line = self.query_one(".note", Static)
            note_line.update(error or note)
            note_line.set_class(bool(error), "error")
