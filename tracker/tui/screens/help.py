"""What every key does, made from the registry, about the screen it was called from."""

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tracker.tui.commands import commands, shown_keys
from tracker.tui.describe import join, line
from tracker.tui.signs import STALE, STATES

INTRODUCTIONS = {
    "matrix": "Rows are kernels, columns are architectures. Actions are about the marked rows, else the row under "
    "the cursor; on a heading, about all below it. In an architecture's column they are about that one only.",
    "kernel": "Everything known about one kernel. Nothing is computed here: it is what scans, builds and checks left.",
    "jobs": "Work runs here, and exceptions of this program end here too. Cancelling kills the compiler's processes.",
    "history": "What was done, by whichever front end, newest first.",
    "viewer": "One text. It stands still while the matrix goes on.",
    "workers": "Whoever serves the project's cluster, with what, and what each does now.",
    "map": "Each cell is a kernel: types down, families across, one block per architecture.",
}
MOVING = (
    ("arrows h j k l", "move; left and right choose an architecture, at the far left all of them"),
    ("g G home end", "first and last row"),
    ("pageup pagedown ctrl+u ctrl+d", "a page, half a page"),
    ("tab", "to the other pane"),
    ("mouse", "click selects, double click opens, a title sorts, the legend switches states"),
)


class HelpScreen(ModalScreen[None]):
    """Closed by any of its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,f1", "dismiss", "Close")]

    def __init__(self, where: str, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self.where, self.keymap = where, keymap

    def compose(self) -> ComposeResult:
        """One text."""
        with VerticalScroll(id="help"):
            yield Static(help_text(self.where, self.keymap))


def help_text(where: str, keymap: Mapping[str, str]) -> Content:
    """The text for one screen."""
    found = [line((INTRODUCTIONS[where], "$foreground")), line("")]
    taken: set[str] = set()
    for command in commands(where):
        keys = [key for key in shown_keys(command, keymap) if key not in taken]
        taken.update(keys)
        if keys:
            found.append(
                line(
                    (f"{' '.join(keys):<16}", "bold $text-primary"),
                    (f"{command.title:<20}", "bold $foreground"),
                    command.meaning,
                )
            )
    if where == "matrix":
        found += [line(""), *(line((f"{keys:<16} ", "bold $text-primary"), meaning) for keys, meaning in MOVING)]
    found += [line(""), *(line((f"{sign.mark} {sign.word:<10}", sign.style), sign.meaning) for sign in STATES.values())]
    return join([*found, line((f"{STALE.mark} {STALE.word:<10}", STALE.style), STALE.meaning)])
