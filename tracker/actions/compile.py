"""Compile: build the HIP sources that hold the selected kernels, for the selected archs, in parallel."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from db import append, matrix
from db.matrix import Select
from tracker.actions.compare import states_of
from tracker.actions.events import Built, Event, Finished, Plan, Step
from tracker.actions.history import kept, plain, recorded
from tracker.actions.inputs import inputs_again
from tracker.actions.lacking import lacking, note_unported
from tracker.actions.scan import rescan
from tracker.actions.stations import Station, cluster_of, open_place
from tracker.actions.status import columns_of
from tracker.actions.unchanged import unchanged
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.devices.revision import emulator_name
from tracker.selectors import Selection, select, words

if TYPE_CHECKING:  # where there is nothing to do, SQLAlchemy would take most of the time
    from sqlalchemy import Engine

NOTHING_DONE: Mapping[str, int] = {"built": 0, "cached": 0, "failed": 0}


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
    if done := _nothing_to_do(project, options):
        yield from done
        return
    from tracker.actions.store import open_store

    engine = open_store(project)
    yield from recorded(project, engine, "compile", plain(options), _compile(project, engine, cancel, options))


def _nothing_to_do(project: Project, options: Options) -> list[Event] | None:
    """What to tell where everything is built already and that is in the history now; None in every other case."""
    started = append.now()
    if options.again or cluster_of(project, options.cluster) or not unchanged(project, partial(inputs_again, project)):
        return None

    def read(query: Select) -> list[Event] | None:
        columns = columns_of(project, options.archs)
        selection = select(options.selector, matrix.status(query, columns, emulator_name()), columns)
        if lacking(query, selection.cells, Station().toolchain(project), again=False):
            return None
        finished = _finish(selection, NOTHING_DONE)
        states = states_of(matrix.status(query, project.archs, emulator_name()))
        if not kept(project, "compile", started, plain(options), finished, states):
            return None
        return [*note_unported(selection), Plan("compile", 0), finished]

    return matrix.direct(project.database, read)


def _compile(project: Project, engine: "Engine", cancel: Cancel, options: Options) -> Iterator[Event]:
    from tracker.actions.building import build, choose, needed

    yield from rescan(project, engine, cancel)
    with open_place(project, engine, cancel, options.cluster) as (station, notes):
        yield from notes
        selection = choose(project, engine, options.selector, options.archs)
        yield from note_unported(selection)
        toolchain = station.toolchain(project)
        work = needed(engine, selection.cells, toolchain, options.again)
        yield Plan("compile", len(work.targets))
        tally = dict(NOTHING_DONE)
        for done, event in enumerate(build(project, engine, work, toolchain, cancel, station.compile), start=1):
            yield event
            if isinstance(event, Built):
                made = "cached" if event.record.cached else "built"
                tally[made if event.record.ok else "failed"] += 1
                yield Step(done, f"{event.record.unit.source.name} {event.record.arch}")
        yield _finish(choose(project, engine, options.selector, options.archs), tally)


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
