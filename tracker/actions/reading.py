"""Reading both sides' sources into the database: parse what changed, pair the kernels."""

import logging
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import Engine

from db import queries, record, survey
from db.survey import SourceKey
from tracker.actions.baselines import take_baseline
from tracker.actions.disk import Disk, file_hash
from tracker.actions.events import Event, Plan, Scanned, Step
from tracker.actions.inputs import Inputs
from tracker.actions.pairs import pair_up
from tracker.actions.unchanged import as_before
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.scan import scan_file
from tracker.scan.hazards.rules import rules
from tracker.scan.sources import SourceKind
from tracker.scan.texts import relative

LOG = logging.getLogger(__name__)


def read_sources(
    project: Project, engine: Engine, inputs: Inputs, cancel: Cancel, again: bool
) -> Generator[Event, None, list[Scanned]]:
    """Parse every changed file (`again`: every file) and keep what it holds; the generator's value tells of all."""
    files = list(inputs.files())
    yield Plan("scan", len(files))
    record.hazard_rules(engine, [vars(rule) for rule in rules()])
    seen: list[Scanned] = []
    keep: list[SourceKey] = []
    known = {(source.side, source.path): source for source in queries.sources(engine) if not source.origin}
    counts = queries.reading(engine, survey.counts)
    disk = Disk(project)
    for path, side in files:
        cancel.check()
        source = known.get((side, relative(path, project.root)))
        change = "not known yet" if source is None else disk.change(source)
        if source and not again and change is None:
            at = (source.side, source.path, "")
            seen.append(as_before(at, counts[at]))
        else:
            LOG.info("parse %s: %s", path, f"changed: {change}" if source and change else change or "asked to")
            seen.append(_parse(project, engine, path, side, disk.arguments(side)))
        keep.append((side, seen[-1].path, ""))
        yield seen[-1]
        yield Step(len(seen), seen[-1].path)
    for file in inputs.baselines:
        for scanned, key in take_baseline(engine, file):
            keep.append(key)
            seen.append(scanned)
            yield scanned
    record.sources(engine, keep)
    record.pairs(engine, queries.reading(engine, lambda select: pair_up(select, project.rename)))
    return seen


def _parse(project: Project, engine: Engine, path: Path, side: SourceKind, arguments: str) -> Scanned:
    if side == "rust":
        return _parse_rust(project, engine, path, arguments)
    facts = scan_file(path, side, include=project.include, defines=project.defines, root=project.root)
    record.source(engine, asdict(facts), arguments=arguments)
    errors = sum(found.severity in ("error", "fatal") for found in facts.diagnostics)
    return Scanned(facts.path, side, len(facts.kernels), False, errors)


def _parse_rust(project: Project, engine: Engine, path: Path, arguments: str) -> Scanned:
    from tracker.scan.callers.rust import scan_callers

    requests = scan_callers(path, project.root)
    name = relative(path, project.root)
    record.callers(engine, name, file_hash(path) or "", arguments, [asdict(each) for each in requests])
    return Scanned(name, "rust", len({each.name for each in requests}), False, 0)
