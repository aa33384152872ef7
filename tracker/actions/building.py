"""Building what is lacking, in parallel, and keeping every attempt."""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine

from db import queries, record
from db.views import KernelFacts
from tracker.actions.events import Built, Event, Note, Plan, Step
from tracker.actions.lacking import Target, lacking
from tracker.actions.stations import Station
from tracker.actions.status import changed_sources, columns_of
from tracker.build.records import BuildRecord, Unit
from tracker.build.toolchain import Toolchain
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.errors import CancelledError
from tracker.selectors import Cell, Selection, select


@dataclass(frozen=True)
class Work:
    """What is to be built, and what the sources hold."""

    targets: tuple[Target, ...]
    kernels: Mapping[str, Sequence[KernelFacts]]
    """By source."""


def choose(project: Project, engine: Engine, selector: Sequence[str], archs: Sequence[str] | None) -> Selection:
    """The selected cells, ported or not. `archs` replaces the project's columns."""
    columns = columns_of(project, archs)
    return select(selector, queries.status(engine, columns), columns)


def needed(engine: Engine, cells: Iterable[Cell], toolchain: Toolchain, again: bool) -> Work:
    """The builds without which the cells' present source has no code object of this toolchain at hand."""
    targets = queries.reading(engine, lambda select: lacking(select, cells, toolchain, again))
    sources: dict[str, list[KernelFacts]] = defaultdict(list)
    for facts in queries.kernels(engine, "hip") if targets else ():
        sources[facts.source].append(facts)
    return Work(targets, sources)


def build(
    project: Project,
    engine: Engine,
    work: Work,
    toolchain: Toolchain,
    cancel: Cancel,
    compile_all: Callable[..., Iterator[BuildRecord]],
) -> Iterator[Event]:
    """Compile and record each target as it is finished. Raises CancelledError once cancelled."""
    units = [(unit_of(project, source), arch) for source, arch in work.targets]
    names = {unit.source: source for (unit, _), (source, _) in zip(units, work.targets, strict=True)}
    for attempt in compile_all(units, toolchain, project.cache, cancel):
        if attempt.outcome == "cancelled":
            continue
        source = names[attempt.unit.source]
        if source in changed_sources(project, engine):
            yield Note(f"{source} changed while it was being compiled; run the command again", "warning")
            continue
        yield keep(engine, source, attempt, work.kernels[source])
    if cancel.is_set():
        raise CancelledError("cancelled; builds finished before are kept")


def build_missing(
    project: Project, engine: Engine, cancel: Cancel, selection: Selection, station: Station
) -> Generator[Event, None, bool]:
    """Build what the selection lacks; the generator's value tells whether there was anything."""
    toolchain = station.toolchain(project)
    cells = [(kernel, station.target(arch)) for kernel, arch in selection.cells]
    work = needed(engine, cells, toolchain, again=False)
    if not work.targets:
        return False
    yield Plan("compile", len(work.targets))
    for done, event in enumerate(build(project, engine, work, toolchain, cancel, station.compile), start=1):
        yield event
        if isinstance(event, Built):
            yield Step(done, f"{event.record.unit.source.name} {event.record.arch}")
    return True


def unit_of(project: Project, source: str) -> Unit:
    """How a HIP source of the project is compiled."""
    return Unit(project.root / source, project.include, project.defines)


def keep(engine: Engine, source: str, attempt: BuildRecord, kernels: Sequence[KernelFacts]) -> Built:
    """Write one attempt, with the kernels found in what it made, to the database."""
    from tracker.build import codeobject  # ELF readers: only when something was built

    objects = codeobject.read(attempt.code_object).kernels if attempt.code_object else {}
    record.build(
        engine,
        _columns(source, attempt),
        {kernel.symbol: kernel.fingerprint for kernel in kernels},
        {symbol: asdict(found) for symbol, found in objects.items()},
    )
    return Built(attempt)


def _columns(source: str, attempt: BuildRecord) -> dict[str, Any]:
    same = ("arch", "toolchain", "returncode", "output", "seconds", "cached", "key", "outcome")
    return {
        **{name: getattr(attempt, name) for name in same},
        "source": source,
        "commands": list(attempt.commands),
        "assembly": str(attempt.assembly) if attempt.assembly else None,
        "code_object": str(attempt.code_object) if attempt.code_object else None,
    }
