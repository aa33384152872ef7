"""Scan: read both sides' sources, keep what they hold, pair the kernels."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from db import append, matrix, survey
from db.matrix import Select
from db.views import KernelStatus, Message
from tracker.actions.baselines import write_baseline
from tracker.actions.compare import states_of
from tracker.actions.events import Event, Finished, Note, Plan, Scanned, Step
from tracker.actions.history import kept, recorded
from tracker.actions.inputs import Inputs, choose_inputs, inputs_again
from tracker.actions.status import counts
from tracker.actions.unchanged import unchanged
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.devices.revision import emulator_name

if TYPE_CHECKING:  # where nothing changed, SQLAlchemy would take most of the time
    from sqlalchemy import Engine


def scan(
    project: Project,
    cancel: Cancel,
    *,
    cuda: Sequence[Path] = (),
    hip: Sequence[Path] = (),
    rust: Sequence[Path] = (),
    record: Path | None = None,
    origin: str = "",
    again: bool = False,
) -> Iterator[Event]:
    """Scan the project's sources, or `cuda`, `hip` and `rust` in place of what it names.

    Unchanged files are not parsed again unless `again`. `record` writes the CUDA side's facts as a baseline that says
    it comes from `origin`. Raises UsageError when there is nothing to scan.
    """
    choose = partial(choose_inputs, project, cuda=cuda, hip=hip, rust=rust)
    if not again and (found := unchanged(project, choose)):
        inputs, seen = found
        yield from _unchanged(project, inputs, seen)
    else:
        from db import queries
        from tracker.actions.store import open_store

        engine = open_store(project)
        inputs = choose(queries.reading(engine, survey.last_options))
        yield from _recorded(project, engine, inputs, _scan(project, engine, inputs, cancel, again))
    if record:
        yield from write_baseline(project, inputs.cuda, record, origin, cancel)


def rescan(project: Project, engine: "Engine", cancel: Cancel) -> Iterator[Event]:
    """Bring the inventory up to date before something is built from it. Quiet where nothing changed."""
    from db import queries
    from tracker.actions.reading import read_sources

    choose = partial(inputs_again, project)
    if unchanged(project, choose):
        return
    inputs = choose(queries.reading(engine, survey.last_options))
    events = read_sources(project, engine, inputs, cancel, again=False)
    changed = [event for event in events if isinstance(event, Scanned) and not event.unchanged]
    if changed:
        names = ", ".join(event.path for event in changed[:3]) + (", …" if len(changed) > 3 else "")
        errors = sum(event.errors for event in changed)
        yield Note(f"scanned {len(changed)} changed files ({names})" + (f", {errors} errors" if errors else ""))


def outcome(project: Project) -> tuple[list[KernelStatus], list[Message]]:
    """The matrix and the parser's messages as a scan has left them."""

    def read(select: Select) -> tuple[list[KernelStatus], list[Message]]:
        return matrix.status(select, project.archs, emulator_name()), survey.diagnostics(select)

    if found := matrix.direct(project.database, read):
        return found
    from db import queries
    from tracker.actions.store import open_store

    return queries.reading(open_store(project, read_only=True), read)


def _unchanged(project: Project, inputs: Inputs, seen: Sequence[Scanned]) -> Iterator[Event]:
    started = append.now()
    yield Plan("scan", len(seen))
    for done, each in enumerate(seen, start=1):
        yield each
        yield Step(done, each.path)
    kernels, _ = outcome(project)
    yield from _note_repeated(matrix.direct(project.database, survey.repeated) or {})
    finished = _finish(project, kernels, seen)
    if kept(project, "scan", started, inputs.options(), finished, states_of(kernels)):
        yield finished
        return
    from tracker.actions.store import open_store

    yield from _recorded(project, open_store(project), inputs, iter([finished]))


def _recorded(project: Project, engine: "Engine", inputs: Inputs, events: Iterator[Event]) -> Iterator[Event]:
    return recorded(project, engine, "scan", inputs.options(), events)


def _scan(project: Project, engine: "Engine", inputs: Inputs, cancel: Cancel, again: bool) -> Iterator[Event]:
    from db import queries
    from tracker.actions.reading import read_sources

    seen = yield from read_sources(project, engine, inputs, cancel, again)
    yield from _note_repeated(queries.reading(engine, survey.repeated))
    yield _finish(project, queries.status(engine, project.archs), seen)


def _note_repeated(repeated: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[Note]:
    """A loader gets one of the definitions, and nothing says which: what holds for one may be false for the other."""
    for (side, symbol), places in repeated.items():
        words = f"{symbol} is defined {len(places)} times, the first counts: {', '.join(places)}"
        yield Note(f"{'CUDA' if side == 'cuda' else 'HIP'} kernel {words}", "warning")


def _finish(project: Project, kernels: Sequence[KernelStatus], seen: Sequence[Scanned]) -> Finished:
    totals = counts(kernels, project.archs)
    errors = sum(each.errors for each in seen)
    parsed = sum(not each.unchanged for each in seen)
    summary = {**totals, "files": len(seen), "parsed": parsed, "errors": errors}
    message = f"{totals['ported']} of {totals['kernels']} ported"
    if not kernels:
        return Finished(False, "no kernels found in the sources", summary)
    return Finished(True, message, summary)
