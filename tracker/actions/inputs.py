"""Which sources a scan reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tracker.config import Project
from tracker.errors import UsageError
from tracker.scan import find_sources
from tracker.scan.sources import SourceKind

KINDS = ("cuda", "baselines", "hip", "rust")
"""What a scan reads; the fields of `Inputs` and of the history's rows."""


@dataclass(frozen=True)
class Inputs:
    """What one scan covers. `given` when paths were given in place of what kerntrack.toml names."""

    cuda: tuple[Path, ...]
    baselines: tuple[Path, ...]
    hip: tuple[Path, ...]
    rust: tuple[Path, ...] = ()
    given: bool = field(default=False, kw_only=True)
    ignore: tuple[str, ...] = field(default=(), kw_only=True)

    def options(self) -> dict[str, Any]:
        """As kept in the history, so that a later scan can repeat it."""
        paths = {side: [str(path) for path in getattr(self, side)] for side in KINDS}
        return {**paths, "given": self.given}

    def files(self) -> Iterator[tuple[Path, SourceKind]]:
        """Every file to parse, in order. Raises UsageError as `find_sources` does."""
        sides: tuple[tuple[SourceKind, tuple[Path, ...]], ...] = (
            ("cuda", self.cuda),
            ("hip", self.hip),
            ("rust", self.rust),
        )
        return ((path, side) for side, paths in sides for path in find_sources(paths, side, self.ignore))


def choose_inputs(
    project: Project,
    last: Mapping[str, Any],
    cuda: Sequence[Path] = (),
    hip: Sequence[Path] = (),
    rust: Sequence[Path] = (),
) -> Inputs:
    """Given paths count; else those of kerntrack.toml; else, without that file, those of the last scan.

    Raises UsageError when that is nothing at all.
    """
    known = Inputs(project.cuda, project.baselines, project.hip, project.rust, ignore=project.ignore)
    if project.config is None and last:
        known = repeated(last)
    if cuda:
        known = replace(known, cuda=tuple(path.resolve() for path in cuda), baselines=(), given=True)
    if hip:
        known = replace(known, hip=tuple(path.resolve() for path in hip), given=True)
    if rust:
        known = replace(known, rust=tuple(path.resolve() for path in rust), given=True)
    if not (known.cuda or known.baselines or known.hip):
        raise UsageError(
            f"nothing to scan: {project.config or project.root} names no sources",
            "give --cuda PATH and --hip PATH, or write a project file with `kerntrack init`",
        )
    return known


def inputs_again(project: Project, last: Mapping[str, Any]) -> Inputs:
    """What to read when nobody said: what the last scan was given, or else what the project names."""
    return replace(repeated(last), ignore=project.ignore) if last.get("given") else choose_inputs(project, last)


def repeated(last: Mapping[str, Any]) -> Inputs:
    """The same as a scan of the history."""
    return Inputs(*(tuple(map(Path, last.get(kind, ()))) for kind in KINDS), given=True)
