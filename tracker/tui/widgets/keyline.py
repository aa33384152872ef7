"""The last line: the keys that work here and now. One widget, where Textual's own footer is one for every key."""

from collections.abc import Mapping
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tracker.tui.commands import Command, commands, keys_of, shown_keys
from tracker.tui.describe import line


class KeyLine(Widget):
    """Draws the registry's footer entries for a screen; a click does what the key does."""

    DEFAULT_CSS = "KeyLine { height: 1; dock: bottom; background: $panel; }"

    @dataclass
    class Chosen(Message):
        """An entry was clicked."""

        command: Command

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where

    def render(self) -> Content:
        """Key and title of each entry."""
        return Content(" ").join([Content(""), *(self._entry(command) for command in self._commands())])

    def on_click(self, event: events.Click) -> None:
        """Choose the entry under the mouse."""
        x = 1
        for command in self._commands():
            width = self._entry(command).cell_length
            if x <= event.x < x + width:
                self.post_message(self.Chosen(command))
                return
            x += width + 1

    def _commands(self) -> list[Command]:
        """What the footer shows, what is on first; a screen's own key hides the app's of the same name."""
        found: list[Command] = []
        for command in commands(self.where):
            taken = {key for other in found for key in keys_of(other, self.keymap)}
            if not (command.footer or self._is_on(command)) or taken.issuperset(keys_of(command, self.keymap)):
                continue
            if self._works(command) is not False:
                found.append(command)
        return sorted(found, key=lambda command: not self._is_on(command))

    @property
    def keymap(self) -> Mapping[str, str]:
        """Other keys than the registry's."""
        keys: Mapping[str, str] = getattr(self.app, "keys", {})
        return keys

    def _works(self, command: Command) -> bool | None:
        return self.screen.check_action(command.name, ())

    def _is_on(self, command: Command) -> bool:
        return bool(command.on_title) and self.app.is_on(command.name)  # type: ignore[attr-defined]

    def _entry(self, command: Command) -> Content:
        title = command.on_title if self._is_on(command) else command.title
        key, faint = shown_keys(command, self.keymap)[0], self._works(command) is None
        muted = "$foreground-disabled"
        return line((key, muted if faint else "bold $text-accent"), (f" {title}", muted if faint else "$foreground"))
