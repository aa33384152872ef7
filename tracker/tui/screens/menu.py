"""A few commands of the registry to choose from, by key, arrows or mouse."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tracker.tui.commands import Command, keys_of, shown_keys
from tracker.tui.describe import line
from tracker.tui.widgets.pane import Choices


class Menu(ModalScreen[Command | None]):
    """Closes with what was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Close")]

    def __init__(self, title: str, entries: Sequence[Command], keymap: Mapping[str, str]) -> None:
        super().__init__()
        self.heading, self.entries, self.keymap = title, entries, keymap

    def compose(self) -> ComposeResult:
        """Title and list."""
        yield Static(self.heading, id="menu-title", markup=False)
        yield Choices(*(Option(self._line(entry), id=entry.id) for entry in self.entries), id="menu", compact=True)

    def _line(self, entry: Command) -> Content:
        keys = " ".join(shown_keys(entry, self.keymap))
        return line(
            (f" {keys:<8}", "bold $text-primary"), (f"{entry.title:<18}", "bold $foreground"), entry.meaning + " "
        )

    def on_key(self, event: events.Key) -> None:
        """The key of an entry chooses it."""
        chosen = next((entry for entry in self.entries if event.key in keys_of(entry, self.keymap)), None)
        if chosen:
            event.stop()
            self.dismiss(chosen)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click."""
        self.dismiss(self.entries[event.option_index])
