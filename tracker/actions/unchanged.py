"""Seeing that nothing changed since the last scan without SQLAlchemy, whose loading would be most of such a scan."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from db import matrix, survey
from db.matrix import Select
from db.survey import Count, SourceKey
from db.views import SourceFile
from tracker.actions.baselines import named_in
from tracker.actions.disk import Disk, file_hash
from tracker.actions.events import Scanned
from tracker.actions.inputs import Inputs
from tracker.actions.pairs import pair_up
from tracker.config import Project
from tracker.scan.hazards.rules import rules
from tracker.scan.texts import relative

Sources = Mapping[SourceKey, SourceFile]
Choose = Callable[[Mapping[str, Any]], Inputs]
"""From what the last scan was asked to read to what is to be read now."""


def unchanged(project: Project, choose: Choose) -> tuple[Inputs, list[Scanned]] | None:
    """What a scan would tell if it parsed nothing; None where it would write anything, or the database is no file.

    Files are compared by content: hashing all of them takes milliseconds. Raises UsageError as a scan does.
    """

    def look(select: Select) -> tuple[Inputs, list[Scanned]] | None:
        inputs = choose(survey.last_options(select))
        seen = _seen(project, select, inputs)
        holds = seen is not None and survey.same_rules(select, map(vars, rules()))
        if seen is None or not holds or survey.pairs(select) != pair_up(select, project.rename):
            return None
        return inputs, seen

    return matrix.direct(project.database, look)


def _seen(project: Project, select: Select, inputs: Inputs) -> list[Scanned] | None:
    """Every source as the database has it; None when one changed, or they are not the same in the same order."""
    counts = survey.counts(select)
    sources: Sources = {(source.side, source.path, source.origin): source for source in matrix.sources(select)}
    seen: dict[SourceKey, Scanned] = {}
    for key, holds in (*_files(project, inputs, sources), *_recorded(inputs, sources)):
        if not holds:
            return None
        seen[key] = as_before(key, counts[key])
    return list(seen.values()) if list(seen) == list(counts) else None


def as_before(key: SourceKey, count: Count) -> Scanned:
    """What to tell of a source that was not parsed again."""
    side, path, origin = key
    return Scanned(f"{path} of {origin}" if origin else path, side, count.kernels, True, count.errors)


def _files(project: Project, inputs: Inputs, sources: Sources) -> Iterator[tuple[SourceKey, bool]]:
    disk = Disk(project)
    for path, side in inputs.files():
        key = (side, relative(path, project.root), "")
        yield key, key in sources and disk.unchanged(sources[key])


def _recorded(inputs: Inputs, sources: Sources) -> Iterator[tuple[SourceKey, bool]]:
    for file in inputs.baselines:
        content = file_hash(file)
        for key in named_in(file):
            yield key, key in sources and sources[key].arguments == content
