"""What every key does, made from the registry, about the screen it was called from."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from tracker.signs import STALE, STATES
from tracker.tui.commands import commands, shown_keys
from tracker.tui.describe import Line, join, line
from tracker.tui.widgets.textpane import TextPane

WIDEST, FRAME = 110, 6
"""Cells of the window, and of its border, padding and scrollbar."""

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
    ("mouse", "click selects, double click opens, right click offers, a title sorts, the legend switches states"),
)


class HelpScreen(ModalScreen[None]):
    """Closed by any of its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,f1", "dismiss", "Close")]

    def __init__(self, where: str, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self.where, self.keymap = where, keymap

    def compose(self) -> ComposeResult:
        """One text."""
        yield TextPane(
            help_text(self.where, self.keymap, min(WIDEST, self.app.size.width * 9 // 10) - FRAME), id="help"
        )


def help_text(where: str, keymap: Mapping[str, str], width: int = 200) -> Content:
    """The text for one screen; what does not fit into `width` cells goes on below its own beginning."""
    found = [*(line(part) for part in wrap(INTRODUCTIONS[where], width)), line("")]
    taken: set[str] = set()
    for command in commands(where):
        keys = [key for key in shown_keys(command, keymap) if key not in taken]
        taken.update(keys)
        if keys:
            head = [(f"{' '.join(keys):<13} ", "bold $text-primary"), (f"{command.title:<18} ", "bold $foreground")]
            found += hanging(head, command.meaning, width)
    if where == "matrix":
        found.append(line(""))
        for names, meaning in MOVING:
            found += hanging([(f"{names:<32} ", "bold $text-primary")], meaning, width)
    found.append(line(""))
    for sign in (*STATES.values(), STALE):
        found += hanging([(f"{sign.mark} {sign.word:<10} ", sign.style)], sign.meaning, width)
    return join(found)


def hanging(head: Sequence[tuple[str, str]], text: str, width: int) -> Iterator[Line]:
    """A text beside its head, wrapped below itself."""
    indent = sum(len(part) for part, _ in head)
    first, *others = wrap(text, max(20, width - indent))
    yield line(*head, first)
    yield from (line(" " * indent + part) for part in others)
