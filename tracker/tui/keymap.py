"""Other keys for the actions of the registry: a table `[keys]` in the user's `keys.toml` or the project's file."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from textual.binding import Binding
from textual.keys import Keys

from tracker.config import Project
from tracker.errors import UsageError
from tracker.tui.commands import COMMANDS, Command, keys_of, own
from tracker.tui.widgets.matrix import Matrix
from tracker.tui.widgets.pane import SCROLLING, Choices

FILE_NAME = "keys.toml"
MODIFIERS = frozenset({"ctrl", "shift", "alt", "super"})
NAMES = frozenset(key.value for key in Keys)
SPELLED = {
    "/": "slash",
    "?": "question_mark",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "|": "vertical_line",
    "+": "plus",
    " ": "space",
    "esc": "escape",
}
"""Keys as people write them, and as Textual calls them."""
MOVEMENTS = frozenset(
    key
    for binding in (*Matrix.BINDINGS, *SCROLLING, *Choices.BINDINGS)
    if isinstance(binding, Binding)
    for key in binding.key.split(",")
) | {"enter", "escape", "tab", "shift+tab"}
"""Keys that no action may be given."""

Keymap = Mapping[str, str]
"""Keys, comma separated, by the `id` of a command."""


def load(project: Project, user_file: Path) -> dict[str, str]:
    """The keys that differ from the registry's: the project's table counts before the user's.

    Raises UsageError naming the file for an unknown action, an unknown key, or a key given to two actions.
    """
    found: dict[str, str] = {}
    for file, table in _tables(project, user_file):
        for name, text in table.items():
            where = _place(file, name)
            commands = _commands(where, name)
            keys = _keys(where, name, text)
            _refuse_movements(where, name, keys, commands)
            found |= dict.fromkeys((command.id for command in commands), ",".join(keys))
        _refuse_clashes(file, found)
    return found


def _place(file: Path, name: str) -> str:
    """File and line of an entry."""
    entry = re.compile(rf"""\s*["']?{re.escape(name)}["']?\s*=""")
    lines = file.read_text(encoding="utf-8").splitlines()
    header = next((number for number, line in enumerate(lines, 1) if re.match(r"\s*\[\s*keys\s*\]", line)), 0)
    found = (number for number, line in enumerate(lines, 1) if number > header and entry.match(line))
    line = next(found, header)
    return f"{file}:{line}" if line else str(file)


def _tables(project: Project, user_file: Path) -> Iterator[tuple[Path, Mapping[str, str]]]:
    if user_file.is_file():
        yield user_file, _read(user_file)
    if project.keys and project.config:
        yield project.config, dict(project.keys)


def _read(file: Path) -> Mapping[str, str]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: {error}", "correct the file or move it away") from error
    keys = table.get("keys", {})
    if table.keys() - {"keys"} or not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
        raise UsageError(f"{file}: there must be a table [keys] and nothing else", 'like this: [keys] compile = "f5"')
    return keys


def _commands(where: str, name: str) -> list[Command]:
    """The commands that a name means: `compile` on every screen that has it, `matrix.compile` on one."""
    found = [command for command in COMMANDS if name in (command.id, command.base)]
    if not found:
        bases = {command.base for command in COMMANDS}
        near = get_close_matches(name, {*bases, *(command.id for command in COMMANDS)}, n=3) or sorted(bases)
        raise UsageError(f"{where}: [keys] knows no action '{name}'", f"there are {', '.join(near)}")
    return found


def _keys(where: str, name: str, text: str) -> list[str]:
    keys = [SPELLED.get(key, key) for key in (part.strip() or part for part in text.split(","))]
    for key in keys:
        *modifiers, last = key.split("+") if len(key) > 1 else [key]
        if not MODIFIERS.issuperset(modifiers) or not (len(last) == 1 or last in NAMES):
            near = get_close_matches(key, NAMES, n=3)
            remedy = f"near: {', '.join(near)}" if near else "for example f5, x, X, ctrl+k, space, escape"
            raise UsageError(f"{where}: [keys] {name} = '{text}': there is no key '{key}'", remedy)
    return keys


def _refuse_movements(where: str, name: str, keys: Sequence[str], commands: Sequence[Command]) -> None:
    """The widgets see these keys first and need them; an action keeps those that are its own."""
    own = {key for command in commands for key in command.keys.split(",")}
    for key in keys:
        if key in MOVEMENTS and key not in own:
            message = f"{where}: [keys] {name} = '{key}': tables, lists and texts need '{key}' to move or choose"
            raise UsageError(message, "give it another key, for example f5, X or ctrl+k")


def _refuse_clashes(file: Path, keymap: Keymap) -> None:
    """One key must not mean two things on one screen; an action that was given another key has left its own.

    What works anywhere works on the screens too, not in menus. There the registry itself lets `q` go back, not quit.
    """
    taken: dict[tuple[str, str], Command] = {}
    everywhere = {key: command for command in own("anywhere") for key in keys_of(command, keymap)}
    for command in COMMANDS:
        for key in keys_of(command, keymap):
            other = taken.setdefault((command.where, key), command)
            if other is command and command.where != "copy":
                other = everywhere.get(key, command)
            by_design = key in other.keys.split(",") and key in command.keys.split(",")
            if other is not command and not by_design and {other.id, command.id} & keymap.keys():
                message = f"{file}: [keys] gives '{key}' to both {other.id} and {command.id}"
                raise UsageError(message, "give one of them another key")
