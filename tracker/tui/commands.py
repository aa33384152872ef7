"""The registry of actions: keys, footer, help and command palette are all made from this one table."""

from collections.abc import Mapping
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from tracker.signs import STATES, TOGGLES


@dataclass(frozen=True)
class Command:
    """One thing the user can do.

    `where`: `anywhere`, a screen (`matrix`, `kernel`, `jobs`, `map`, `history`, `viewer`, `workers`) or a menu
    (`copy`).
    """

    name: str
    keys: str
    """Comma separated, the first is shown."""
    title: str
    meaning: str
    where: str
    footer: bool = False
    changes: bool = False
    """Starts work that writes the database or files: refused under --readonly."""
    row: bool = False
    """Is about the row under the cursor: offered in its menu."""
    on_title: str = ""
    """What the key would do while it is on, for an action that goes on until the key is pressed again."""
    first: bool = False
    """Handled before the focused widget sees it, so that keys that follow fast find the focus moved."""

    @property
    def base(self) -> str:
        """The action's name in a table of keys."""
        return self.name.replace("('", "_").removesuffix("')")

    @property
    def id(self) -> str:
        """The action's name on this screen only."""
        return f"{self.where}.{self.base}"


def _switch(state: str, number: int) -> Command:
    word = STATES[state].word if state in STATES else state
    meaning = f"Show only kernels that are {word} somewhere; again: all"
    return Command(f"switch('{state}')", str(number), f"Only {word}", meaning, "matrix")


_SWITCHES = tuple(_switch(state, number) for number, state in enumerate(TOGGLES, start=1))

COMMANDS = (
    Command(
        "scan", "s", "Scan", "Scan the project's sources; what changed becomes stale at once", "matrix", True, True
    ),
    Command(
        "compile", "c", "Compile", "Compile the marked kernels, or the one under the cursor", "matrix", True, True, True
    ),
    Command(
        "verify",
        "v",
        "Verify",
        "Build what is missing, then check: marked kernels or the cursor's",
        "matrix",
        footer=True,
        changes=True,
        row=True,
    ),
    Command(
        "open", "enter", "Open", "Open the kernel's page; on a heading, fold or unfold it", "matrix", True, row=True
    ),
    Command(
        "filter",
        "slash",
        "Filter",
        "Narrow the rows: text  !text  state:failed  arch:gfx1100  type:q5_1  file:…  contract:none",
        "matrix",
        True,
        first=True,
    ),
    Command(
        "find", "f", "Find", "Find rows without hiding the others; the words are the filter's", "matrix", first=True
    ),
    Command("next_found", "n", "Next found", "Go to the next row that was found", "matrix"),
    Command("previous_found", "N", "Previous found", "Go to the row before that was found", "matrix"),
    Command(
        "mark", "space", "Mark", "Mark the row (a heading: all below it) and go one down", "matrix", True, row=True
    ),
    Command("cancel", "x", "Cancel", "Cancel the running job; its processes are killed", "matrix", True),
    Command("cancel_all", "X", "Cancel all", "Cancel every job that runs or waits", "matrix"),
    Command("map", "m", "Map", "The whole port on one screen", "matrix", True),
    Command("jobs", "J", "Jobs", "Jobs with their progress, log, cancel and re-run", "matrix", True),
    Command("history", "H", "History", "Every run of the past: what, when, how long, how it ended", "matrix"),
    Command("workers", "W", "Workers", "The cluster's workers: their devices, and what each does now", "matrix"),
    Command(
        "watch", "w", "Watch", "Rescan by itself whenever a source changes", "matrix", changes=True, on_title="Unwatch"
    ),
    Command("pause", "p", "Pause", "Freeze the rows while jobs go on", "matrix", on_title="Resume"),
    Command(
        "compile_shown", "C", "Compile all shown", "Compile every kernel that the filter leaves", "matrix", changes=True
    ),
    Command(
        "verify_shown",
        "V",
        "Verify all shown",
        "Build and check every kernel that the filter leaves",
        "matrix",
        changes=True,
    ),
    Command(
        "verify_again",
        "A",
        "Verify again",
        "Check even where the evidence still holds",
        "matrix",
        changes=True,
        row=True,
    ),
    Command("mark_down", "shift+down", "Mark downwards", "Extend the marks to the next row", "matrix"),
    Command("mark_up", "shift+up", "Mark upwards", "Extend the marks to the row before", "matrix"),
    Command("mark_range", "r", "Mark range", "Mark everything between the last marked row and the cursor", "matrix"),
    Command("mark_shown", "ctrl+a", "Mark all shown", "Mark every kernel that the filter leaves", "matrix"),
    Command("clear", "escape", "Clear", "Drop the marks; then what was found; the filter; the switches", "matrix"),
    Command("edit_port", "e", "Edit port", "Open the HIP source in $EDITOR at the kernel's line", "matrix", row=True),
    Command(
        "edit_baseline", "E", "Edit CUDA", "Open the CUDA source in $EDITOR at the kernel's line", "matrix", row=True
    ),
    Command("copy", "y", "Copy …", "Copy symbol, declared name, build command or the pane's text", "matrix", row=True),
    Command("copy_command", "Y", "Copy command", "Copy the commands of its newest build", "matrix"),
    Command("pager", "P", "Pager", "Read the pane's text in $PAGER", "matrix"),
    Command("sort", "o", "Sort", "Sort by the next column", "matrix"),
    Command("sort_here", "O", "Sort by this column", "Sort by the column under the cursor, again to reverse", "matrix"),
    Command("group", "b", "Group by", "Group by family, file, state or not at all", "matrix"),
    Command("fold_all", "z", "Fold all", "Fold every group", "matrix"),
    Command("unfold_all", "Z", "Unfold all", "Unfold every group", "matrix"),
    Command("inspect", "i", "Inspect", "The pane's text on the whole screen", "matrix", row=True),
    Command("columns", "vertical_line", "Columns", "Choose the architectures and columns to show", "matrix"),
    Command("detail", "d", "Detail pane", "Show or hide the pane with the evidence", "matrix"),
    *_SWITCHES,
    Command("close", "escape,q", "Back", "Back to the matrix", "kernel", True),
    Command("next_tab", "right_square_bracket", "Next tab", "Go to the next tab", "kernel", True),
    Command("previous_tab", "left_square_bracket", "Previous tab", "Go to the tab before", "kernel"),
    Command("next_difference", "n", "Next ≠", "Go to the next parameter or line that differs", "kernel", True),
    Command("previous_difference", "N", "Previous ≠", "Go to the parameter or line before that differs", "kernel"),
    Command("compile", "c", "Compile", "Compile this kernel for every architecture", "kernel", True, True),
    Command("verify", "v", "Verify", "Build what is missing, then check this kernel", "kernel", True, True),
    Command("edit_port", "e", "Edit port", "Open the HIP source in $EDITOR at the kernel's line", "kernel", True),
    Command("edit_baseline", "E", "Edit CUDA", "Open the CUDA source in $EDITOR at the kernel's line", "kernel"),
    Command("copy", "y", "Copy …", "Copy symbol, declared name, build command or the tab's text", "kernel"),
    Command("copy_command", "Y", "Copy command", "Copy the commands of its newest build", "kernel"),
    Command("pager", "P", "Pager", "Read the tab's text in $PAGER", "kernel"),
    Command("copy_symbol", "y,s", "Symbol", "as a loader asks for it, mangled", "copy"),
    Command("copy_name", "n,d", "Name", "as the source declares it, demangled", "copy"),
    Command("copy_command", "c", "Command", "the commands of the newest build", "copy"),
    Command("copy_text", "t", "Text", "what the pane shows", "copy"),
    Command("close", "escape,q", "Back", "Back to the matrix", "jobs", True),
    Command("pager", "P", "Pager", "Read the log in $PAGER", "jobs"),
    Command(
        "cancel", "x", "Cancel", "Cancel this job; its processes are killed, what it finished is kept", "jobs", True
    ),
    Command("again", "r", "Run again", "Put the same work into the queue once more", "jobs", True, True),
    Command("copy_log", "y", "Copy log", "Copy the whole log of this job", "jobs", True),
    Command("close", "escape,q,i", "Back", "Back to the matrix", "viewer", True),
    Command("copy_text", "y", "Copy", "Copy the text", "viewer", True),
    Command("pager", "P", "Pager", "Read it in $PAGER", "viewer", True),
    Command("close", "escape,q,m", "Back", "Back to the matrix", "map", True),
    Command("close", "escape,q,H", "Back", "Back to the matrix", "history", True),
    Command("pager", "P", "Pager", "Read the run in $PAGER", "history"),
    Command("close", "escape,q,W", "Back", "Back to the matrix", "workers", True),
    Command("help", "question_mark,f1", "Help", "What every key does here", "anywhere", True),
    Command("command_palette", "ctrl+p", "Palette", "Every action by name, and every kernel", "anywhere"),
    Command("change_theme", "t", "Theme", "Choose the colours", "anywhere"),
    Command("screenshot", "f8", "Screenshot", "Save the screen as an SVG file in the working directory", "anywhere"),
    Command(
        "enlarge",
        "plus",
        "Enlarge",
        "The focused pane on the whole screen; again: back",
        "anywhere",
        on_title="Restore",
    ),
    Command("quit", "q,ctrl+q", "Quit", "Leave; running jobs are cancelled after a question", "anywhere", True),
    Command("quit_now", "Q", "Quit at once", "Leave; running jobs are cancelled without a question", "anywhere"),
)


def own(where: str) -> list[Command]:
    """The commands of exactly one place."""
    return [command for command in COMMANDS if command.where == where]


def commands(where: str) -> list[Command]:
    """The commands of one screen, then those that work anywhere."""
    return [*own(where), *own("anywhere")] if where != "anywhere" else own(where)


def bindings(where: str) -> list[BindingType]:
    """Textual's bindings for the commands of exactly this place."""
    return [
        Binding(
            command.keys,
            command.name,
            command.title,
            show=command.footer,
            priority=command.first,
            id=command.id,
        )
        for command in own(where)
    ]


def find(name: str, where: str) -> Command | None:
    """The command that an action name means on a screen."""
    return next((command for command in commands(where) if command.name == name), None)


SPELLINGS = {
    "enter": "⏎",
    "slash": "/",
    "question_mark": "?",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "vertical_line": "|",
    "plus": "+",
    "escape": "esc",
}


def keys_of(command: Command, keymap: Mapping[str, str]) -> list[str]:
    """Its keys as Textual calls them. `keymap`: other keys by command's id."""
    return keymap.get(command.id, command.keys).split(",")


def shown_keys(command: Command, keymap: Mapping[str, str]) -> list[str]:
    """Its keys as a user reads them."""
    return [SPELLINGS.get(key, key) for key in keys_of(command, keymap)]
