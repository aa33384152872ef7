"""Other keys for the actions of the registry: a table `[keys]` in the user's `keys.toml` or the project's file."""

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from textual.keys import Keys

from tracker.config import Project
from tracker.errors import UsageError
from tracker.tui.commands import COMMANDS, Command, keys_of

FILE_NAME = "keys.toml"
MODIFIERS = frozenset({"ctrl", "shift", "alt", "super"})
NAMES = frozenset(key.value for key in Keys)
SPELLED = {
    "/": "slash",
    "?": "question_mark",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    " ": "space",
    "esc": "escape",
}
"""Keys as people write them, and as Textual calls them."""

Keymap = Mapping[str, str]
"""Keys, comma separated, by the `id` of a command."""


def load(project: Project, user_file: Path) -> dict[str, str]:
    """The keys that differ from the registry's: the project's table counts before the user's.

    Raises UsageError naming the file for an unknown action, an unknown key, or a key given to two actions.
    """
    found: dict[str, str] = {}
    for file, table in _tables(project, user_file):
        for name, keys in table.items():
            found |= dict.fromkeys(_commands(file, name), _keys(file, name, keys))
        _refuse_clashes(file, found)
    return found


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


def _commands(file: Path, name: str) -> list[str]:
    """The ids that a name means: `compile` on every screen that has it, `matrix.compile` on one."""
    known = {command.id: command.base for command in COMMANDS}
    found = [id for id, base in known.items() if name in (id, base)]
    if not found:
        near = get_close_matches(name, {*known, *known.values()}, n=3) or sorted({*known.values()})
        raise UsageError(f"{file}: [keys] knows no action '{name}'", f"there are {', '.join(near)}")
    return found


def _keys(file: Path, name: str, text: str) -> str:
    keys = [SPELLED.get(key, key) for key in (part.strip() or part for part in text.split(","))]
    for key in keys:
        *modifiers, last = key.split("+") if len(key) > 1 else [key]
        if not MODIFIERS.issuperset(modifiers) or not (len(last) == 1 or last in NAMES):
            near = get_close_matches(key, NAMES, n=3)
            remedy = f"near: {', '.join(near)}" if near else "for example f5, x, X, ctrl+k, space, escape"
            raise UsageError(f"{file}: [keys] {name} = '{text}': there is no key '{key}'", remedy)
    return ",".join(keys)


def _refuse_clashes(file: Path, keymap: Keymap) -> None:
    """One key must not mean two things on one screen; an action that was given another key has left its own."""
    taken: dict[tuple[str, str], Command] = {}
    for command in COMMANDS:
        for key in keys_of(command, keymap):
            other = taken.setdefault((command.where, key), command)
            if other is not command and {other.id, command.id} & keymap.keys():
                message = f"{file}: [keys] gives '{key}' to both {other.id} and {command.id}"
                raise UsageError(message, "give one of them another key")
