"""Gathers what a report says: one read of the database, the files as they are, the code objects."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from db import queries
from tracker import __version__
from tracker.actions.gap import gap
from tracker.actions.hazards import looked
from tracker.actions.pairs import first_of_each
from tracker.actions.progress import phases
from tracker.actions.status import counts, load
from tracker.actions.store import open_store
from tracker.config import Project
from tracker.reports import three_ways
from tracker.reports.evidence import evidence
from tracker.reports.model import Report
from tracker.reports.origins import SIDES, origins
from tracker.reports.phases import moments
from tracker.reports.todo import required
from tracker.scan.pairing import RenameRules


def collect(project: Project) -> Report:
    """The project's report. Raises UsageError when it was never scanned."""
    engine = open_store(project, read_only=True)
    matrix = load(project)
    kernels, archs = matrix.kernels, matrix.archs
    hazards, missing = looked(engine, queries.findings(engine)), gap(project)
    facts = {side: first_of_each(queries.kernels(engine, side)) for side in ("cuda", "hip")}
    found = three_ways.look(project, queries.sources(engine, "hip"), facts["hip"], _objects(engine, archs))
    asked = len(missing.callers.asked) if missing.callers else None
    answers = three_ways.ask(kernels, found, RenameRules(project.rename))
    counted = three_ways.counts(project, lambda side: queries.sources(engine, side), facts, found.symbols, asked)
    of = frozenset(kernel.symbol for kernel in kernels if kernel.baseline)
    return Report(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=__version__,
        project=project.root.name,
        archs=archs,
        origins=tuple(each for side in SIDES for each in origins(project.root, side, queries.sources(engine, side))),
        kernels=tuple(kernels),
        totals=counts(kernels, archs),
        phases=tuple(phases(kernels, archs)),
        todo=tuple(required(kernels, archs, missing, hazards)),
        answers=tuple(answers),
        counts=tuple(counted),
        hazards=hazards,
        callers=missing.callers,
        evidence=tuple(evidence(kernels, archs)),
        moments=tuple(moments(queries.snapshots(engine), archs, of)),
        changed=matrix.changed,
    )


def _objects(engine: Engine, archs: Sequence[str]) -> dict[str, dict[str, Path]]:
    """Code objects built from the present sources, by arch and source."""
    found: dict[str, dict[str, Path]] = {arch: {} for arch in archs}
    with engine.connect() as connection:
        builds = queries.cell_builds(connection, archs)
    for (_symbol, arch), build in builds.items():
        if build.fresh and build.attempt.code_object:
            found[arch][build.attempt.source] = Path(build.attempt.code_object)
    return found
