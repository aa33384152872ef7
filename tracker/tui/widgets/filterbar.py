"""The line to type a filter into and the one for finding, above the last line of the screen, while one types.

They lie on a layer of their own: opening one moves no row. What is in force stands in the summary.
"""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static

from tracker.tui.describe import line

KEY = "bold $text-accent"
EXAMPLES = "text  !text  state:failed  type:q5_1  arch:gfx1100"


class FilterInput(Input):
    """Enter and the down arrow go back to the rows, escape drops the text.

    Focus moves at once: keys that follow fast must not reach the wrong widget.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "Clear"),
        Binding("enter,down", "leave", "To the rows"),
    ]

    came_from: Widget | None = None
    virtual_size = reactive(Size(0, 0))
    """Textual lays the whole screen out again when a text grows; this line never changes its own size."""

    def action_drop(self) -> None:
        """Empty the filter and leave."""
        self.value = ""
        self.action_leave()

    def action_leave(self) -> None:
        """Keep the filter and go to where one came from."""
        self.screen.set_focus(self.came_from)


class FilterBar(Horizontal):
    """A label, the text, what is wrong with it, and the keys that end it."""

    DEFAULT_CSS = """
    FilterBar { height: 1; display: none; dock: bottom; layer: above; background: $panel; }
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
        yield Static(line(("⏎", KEY), " To the rows ", ("esc", KEY), " Clear"))

    def open(self) -> None:
        """Show the line and type into it."""
        self.add_class("on")
        self._input.came_from = self.screen.focused
        self.screen.set_focus(self._input)

    def set(self, text: str) -> None:
        """Put another text into the line."""
        self._input.value = text

    def close(self) -> None:
        """Hide the line unless one types into it."""
        self.set_class(self._input.has_focus, "on")

    def show(self, error: str, note: str = "") -> None:
        """Why the text is no filter, or else what came of it."""
        if self._note != (error, note):  # another text costs a layout of the whole screen
            self._note = (error, note)
            note_line = self.query_one(".note", Static)
            note_line.update(error or note)
            note_line.set_class(bool(error), "error")
