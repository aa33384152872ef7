"""The user's editor, opened at a line, and the user's pager."""

import os
import shlex
from pathlib import Path

COLON = frozenset({"code", "codium", "cursor", "hx", "helix", "subl", "zed", "micro", "kak"})
"""Editors that take `file:line`; VS Code and its kin want `-g` before it."""
GOTO = frozenset({"code", "codium", "cursor"})


def command(path: Path, line: int) -> list[str]:
    """The command that opens `path` at `line` in $VISUAL, else $EDITOR, else vi."""
    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    name = Path(words[0]).stem
    if name in COLON:
        return [*words, *(["-g"] if name in GOTO else []), f"{path}:{line}"]
    return [*words, f"+{line}", str(path)]


def pager() -> list[str]:
    """The command in $PAGER, else less."""
    return shlex.split(os.environ.get("PAGER") or "less")
