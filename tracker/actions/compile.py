"""Compile: build the HIP sources that hold the selected kernels, for the selected archs, in parallel."""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from db import queries, record
from db.cells import CellBuild
from db.views import KernelFacts
from tracker.actions.events import Built, Event, Finished, Note, Plan, Step
from tracker.actions.history import plain, recorded
from tracker.actions.scan import rescan
from tracker.actions.stations import Station, open_place
from tracker.actions.status import changed_sources
from tracker.actions.store import open_store
from tracker.build.archs import get_arch
from tracker.build.cache import read as read_build
from tracker.build.compiler import compile_units
from tracker.build.records import BuildRecord, Unit
from tracker.build.toolchain import Toolchain
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.errors import CancelledError
from tracker.selectors import Cell, Selection, select, words

Target = tuple[str, str]
"""(HIP source as facts name it, arch)."""


@dataclass(frozen=True)
class Work:
    """What is to be built, and what the sources hold."""

    targets: tuple[Target, ...]
    kernels: Mapping[str, Sequence[KernelFacts]]
    """By source."""


@dataclass(frozen=True)
class Options:
    """What to build, and where."""

    selector: tuple[str, ...] = ()
    archs: tuple[str, ...] | None = None
    """In place of the project's."""
    again: bool = False
    """Also what is built already."""
    cluster: str | None = None
    """A scheduler whose workers build; None: the project's, if it has one."""


def compile_kernels(project: Project, cancel: Cancel, options: Options) -> Iterator[Event]:
    """Build what is not built yet and keep every attempt.

    Raises UsageError when the selector chooses nothing, AbsentError when there is no compiler.
    """
    options = replace(options, selector=words(options.selector), archs=options.archs or project.archs)
    engine = open_store(project)
    yield from recorded(project, engine, "compile", plain(options), _compile(project, engine, cancel, options))


def _compile(project: Project, engine: Engine, cancel: Cancel, options: Options) -> Iterator[Event]:
    yield from rescan(project, engine, cancel)
    with open_place(project, engine, cancel, options.cluster) as (station, notes):
        yield from notes
        selection = choose(project, engine, options.selector, options.archs)
        yield from note_unported(selection)
        toolchain = station.toolchain(project)
        work = needed(engine, selection.cells, toolchain, options.again)
        yield Plan("compile", len(work.targets))
        tally = {"built": 0, "cached": 0, "failed": 0}
        for done, event in enumerate(build(project, engine, work, toolchain, cancel, station.compile), start=1):
            yield event
            if isinstance(event, Built):
                made = "cached" if event.record.cached else "built"
                tally[made if event.record.ok else "failed"] += 1
                yield Step(done, f"{event.record.unit.source.name} {event.record.arch}")
        yield _finish(choose(project, engine, options.selector, options.archs), tally)


def choose(project: Project, engine: Engine, selector: Sequence[str], archs: Sequence[str] | None) -> Selection:
    """The selected cells, ported or not. `archs` replaces the project's columns."""
    columns = [get_arch(name).name for name in archs] if archs else list(project.archs)
    return select(selector, queries.status(engine, columns), columns)


def note_unported(selection: Selection) -> Iterator[Event]:
    """Say how many of the selected kernels there is nothing to build of."""
    missing = [kernel.symbol for kernel in selection.kernels if kernel.port == "missing"]
    if missing:
        some = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        yield Note(f"{len(missing)} of {len(selection.kernels)} selected kernels are not ported yet: {some}")


def needed(engine: Engine, cells: Iterable[Cell], toolchain: Toolchain, again: bool) -> Work:
    """The builds without which the cells' present source has no code object of this toolchain at hand."""
    home = queries.homes(engine)
    wanted = [(kernel.port_symbol, arch) for kernel, arch in cells if kernel.port_symbol in home]
    with engine.connect() as connection:
        builds = queries.cell_builds(connection, sorted({arch for _, arch in wanted}))
    targets: dict[Target, None] = {}
    intact = checker_of_files()
    for symbol, arch in wanted:
        if symbol is not None and (again or not _usable(builds.get((symbol, arch)), toolchain, intact)):
            targets[home[symbol], arch] = None
    sources: dict[str, list[KernelFacts]] = defaultdict(list)
    for facts in queries.kernels(engine, "hip") if targets else ():
        sources[facts.source].append(facts)
    return Work(tuple(targets), sources)


def _usable(found: CellBuild | None, toolchain: Toolchain, intact: Callable[[str | None], bool]) -> bool:
    if found is None or not found.fresh or found.code_hash is None or found.attempt.toolchain != toolchain.version:
        return False
    return intact(found.attempt.code_object)


def checker_of_files() -> Callable[[str | None], bool]:
    """Tells of a code object whether it, and what else its build made, is still what was built; reads each once.

    A check of anything else would say nothing about the build.
    """

    @cache
    def intact(code_object: str | None) -> bool:
        return code_object is not None and read_build(Path(code_object).parent) is not None

    return intact


def build(
    project: Project,
    engine: Engine,
    work: Work,
    toolchain: Toolchain,
    cancel: Cancel,
    compile_all: Callable[..., Iterator[BuildRecord]] = compile_units,
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


def _finish(selection: Selection, tally: Mapping[str, int]) -> Finished:
    cells = [kernel.archs[arch] for kernel, arch in selection.cells if kernel.port_symbol]
    failed = sum(cell.state == "build failed" for cell in cells)
    compiled = sum(bool(cell.code_hash) and cell.fresh for cell in cells)
    late = sum(cell.timed_out for cell in cells)
    summary = {**tally, "cells": len(cells), "compiled": compiled, "build failed": failed, "timed out": late}
    done = f"{compiled} of {len(cells)} kernel builds are there" if cells else "nothing to compile: not ported yet"
    if not any(tally.values()) and cells:
        return Finished(failed == 0, f"nothing to do: {done}", summary)
    if late:
        done += f", {late} not within the time limit"
    return Finished(bool(cells) and compiled == len(cells), done, summary, late=0 < late == len(cells) - compiled)
