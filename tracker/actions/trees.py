"""The HIP sources and their headers as one tree that can be taken elsewhere."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

import kernels
from db import queries
from tracker.config import Project


@dataclass(frozen=True)
class Tree:
    """Paths relative to one folder. Headers of kerntrack and of toolkits are not in it: the other side has its own."""

    units: dict[str, str]
    """By source, as facts name it."""
    includes: tuple[str, ...]
    """Folders that are searched for headers."""
    files: dict[str, Path]
    """Units and headers, and where they are here."""


def tree(project: Project, engine: Engine, names: Sequence[str]) -> Tree:
    """The sources `names` (at least one) and all that their parse read."""
    wanted = set(names)
    units: dict[str, Path] = {}
    files: set[Path] = set()
    for source in queries.sources(engine, "hip"):
        if source.path in wanted and not source.origin:
            units[source.path] = project.root / source.path
            files |= {units[source.path], *(project.root / path for path, sha256 in source.dependencies if sha256)}
    homes = {project.root, *(unit.parent for unit in units.values())}
    own = {file for file in files if not _below(file, [kernels.INCLUDE]) and _below(file, homes)}
    common = Path(os.path.commonpath([file.parent for file in own]))
    return Tree(
        {name: unit.relative_to(common).as_posix() for name, unit in units.items()},
        tuple(folder.relative_to(common).as_posix() for folder in project.include if _below(folder, [common])),
        {file.relative_to(common).as_posix(): file for file in sorted(own)},
    )


def _below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)
