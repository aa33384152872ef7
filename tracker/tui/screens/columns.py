"""Which columns the matrix shows."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from tracker.tui.widgets.pane import Choices


class ColumnsScreen(ModalScreen[frozenset[str]]):
    """Closes with the columns to hide."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,vertical_line", "done", "Done"),
        Binding("space", "switch", "Show or hide"),
    ]

    def __init__(self, columns: Sequence[str], hidden: frozenset[str]) -> None:
        super().__init__()
        self.columns, self.hidden = columns, hidden

    def compose(self) -> ComposeResult:
        """Title and list."""
        yield Static("columns: space shows or hides, esc is done", id="menu-title", markup=False)
        yield Choices(*self._prompts(), id="menu", compact=True)

    def _prompts(self) -> Iterator[str]:
        yield from (f" {' ' if name in self.hidden else '✔'} {name}" for name in self.columns)

    def action_switch(self) -> None:
        """Show or hide the column under the cursor."""
        self.query_one(Choices).action_select()

    @on(OptionList.OptionSelected)
    def switch(self, event: OptionList.OptionSelected) -> None:
        """Space, enter or a click."""
        self.hidden ^= {self.columns[event.option_index]}
        for index, prompt in enumerate(self._prompts()):
            event.option_list.replace_option_prompt_at_index(index, prompt)

    def action_done(self) -> None:
        """Hide what is not ticked."""
        self.dismiss(self.hidden)
