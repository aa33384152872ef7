"""Which revision of each side's sources a report is about."""

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from db.views import SourceFile
from tracker.scan.sources import repository_of

Side = Literal["cuda", "hip"]
SIDES: tuple[Side, ...] = ("cuda", "hip")
PATIENCE = 10.0
"""Seconds for git."""


class Origin(NamedTuple):
    """A working tree or a recording that sources of a side come from, and its commit as far as it is known."""

    side: Side
    name: str
    commit: str


def origins(root: Path, side: Side, sources: Iterable[SourceFile]) -> list[Origin]:
    """Where one side's sources come from, each place once. `root`: the folder that their paths are relative to."""
    found: dict[Origin, None] = {}
    trees: dict[Path, list[Path]] = {}
    for source in sources:
        if source.origin:
            name, _, commit = source.origin.partition("@")
            found[Origin(side, name, f"{commit or 'unknown'}, recorded")] = None
        else:
            file = root / source.path
            trees.setdefault(repository_of(file), []).append(file)
    for tree, files in trees.items():
        found[Origin(side, tree.name, _commit(tree, files))] = None
    return list(found)


def _commit(tree: Path, files: Iterable[Path]) -> str:
    """The tree's commit, and whether one of the files differs from it; `unknown` without git."""
    head = _git(tree, "rev-parse", "--short=9", "HEAD")
    if not head:
        return "unknown"
    return f"{head}, with changes" if _git(tree, "status", "--porcelain", "--", *map(str, files)) else head


def _git(tree: Path, *arguments: str) -> str:
    command = ["git", "-C", str(tree), *arguments]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout.strip() if ended.returncode == 0 else ""
