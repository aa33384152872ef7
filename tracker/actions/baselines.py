"""Recorded inventories: taken into the database as if scanned, and written from a scan."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.actions.disk import file_hash
from tracker.actions.events import Event, Note, Scanned
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.errors import UsageError
from tracker.scan import baseline, find_sources, scan_file
from tracker.scan.sources import repository_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from db.survey import SourceKey


def named_in(file: Path) -> list["SourceKey"]:
    """The sources that a recording holds. Raises UsageError if it is unreadable."""
    taken = baseline.read(file)
    return [(facts.side, facts.path, _origin(taken)) for facts in taken.files]


def take_baseline(engine: "Engine", file: Path) -> Iterator[tuple[Scanned, "SourceKey"]]:
    """Store the files that a recording holds, unless they are there already. Raises UsageError if it is unreadable."""
    from db import queries, record

    taken = baseline.read(file)
    origin = _origin(taken)
    content = file_hash(file) or ""
    known = {(each.path, each.origin): each.arguments for each in queries.sources(engine, "cuda")}
    for facts in taken.files:
        unchanged = known.get((facts.path, origin)) == content
        if not unchanged:
            record.source(engine, asdict(facts), arguments=content, origin=origin)
        name = f"{facts.path} of {origin}"
        yield Scanned(name, facts.side, len(facts.kernels), unchanged, 0), (facts.side, facts.path, origin)


def _origin(taken: baseline.Baseline) -> str:
    return f"{taken.origin}@{taken.commit}" if taken.commit else taken.origin


def write_baseline(
    project: Project, sources: Sequence[Path], file: Path, origin: str, cancel: Cancel
) -> Iterator[Event]:
    """Record the facts of CUDA sources. Raises UsageError without sources, or when the file cannot be written."""
    if not sources:
        raise UsageError("--record needs CUDA sources to record", "name them with --cuda PATH")
    facts = []
    for path in find_sources(sources, "cuda", project.ignore):
        cancel.check()
        facts.append(
            scan_file(path, "cuda", include=project.include, defines=project.defines, root=repository_of(path))
        )
    baseline.write(facts, file, origin or "unknown")
    kernels = sum(len(each.kernels) for each in facts)
    yield Note(f"recorded {kernels} kernels of {len(facts)} files in {file}")
