"""Bench: time the selected kernels, or their CUDA originals, on GPUs; keep every measurement."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from db import queries, record
from db.views import Timing
from tracker.actions.building import build_missing, choose
from tracker.actions.checking import Side
from tracker.actions.events import Event, Finished, Measured, Note, Plan, Step
from tracker.actions.history import plain, recorded
from tracker.actions.lacking import note_unported
from tracker.actions.originals import originals, require_cuda, sources_of
from tracker.actions.ready import ready
from tracker.actions.scan import rescan
from tracker.actions.stations import Station, cluster_of, open_place
from tracker.actions.store import open_store
from tracker.actions.timing import TimeRequest
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.errors import AbsentError
from tracker.selectors import Selection

REPEATS = 50


@dataclass(frozen=True)
class Bench:
    """What to time, and where."""

    selector: tuple[str, ...] = ()
    device: str = "auto"
    side: Side = "hip"
    repeats: int = REPEATS
    cluster: str | None = None
    """A scheduler on whose workers' GPUs to time; None: the project's, if it has one."""


def bench(project: Project, cancel: Cancel, wanted: Bench) -> Iterator[Event]:
    """Time kernels on the shapes of a 7-8B model. Raises AbsentError when there is no GPU."""
    engine = open_store(project)
    yield from recorded(project, engine, "bench", plain(wanted), _bench(project, engine, cancel, wanted))


def _bench(project: Project, engine: Engine, cancel: Cancel, wanted: Bench) -> Iterator[Event]:
    yield from rescan(project, engine, cancel)
    anywhere = wanted.device == "auto" and cluster_of(project, wanted.cluster) is not None
    device = "hip" if anywhere else wanted.device  # an emulator would not do
    with open_place(project, engine, cancel, wanted.cluster, device, wanted.selector) as (station, notes):
        yield from notes
        if not station.gpus():
            raise AbsentError("there is no GPU to time kernels on", "name one: --device N (AMD) or --device cuda")
        selection = choose(project, engine, wanted.selector, list(station.gpus()))
        if wanted.side == "cuda":
            require_cuda(station)
            yield Note("compiling the CUDA sources")
            requests = _originals(project, engine, selection, station, wanted, cancel)
        else:
            yield from note_unported(selection)
            yield from build_missing(project, engine, cancel, selection, station)
            requests = _ports(engine, selection, station, wanted)
        yield Plan("bench", len(requests))
        failed = 0
        for done, measurements in enumerate(station.run(requests, cancel), start=1):
            for measured in measurements:
                failed += isinstance(measured, Note)
                yield measured if isinstance(measured, Note) else _kept(engine, measured)
            yield Step(done, f"{done} of {len(requests)}")
        yield _finish(selection, requests, failed)


def _ports(engine: Engine, selection: Selection, station: Station, wanted: Bench) -> list[TimeRequest]:
    return [
        TimeRequest(
            symbol=built.symbol,
            arch=built.arch,
            code_hash=built.code_hash,
            image=built.code_object,
            toolchain=built.toolchain,
            side=wanted.side,
            repeats=wanted.repeats,
        )
        for built in ready(engine, selection, station)
    ]


def _originals(
    project: Project, engine: Engine, selection: Selection, station: Station, wanted: Bench, cancel: Cancel
) -> list[TimeRequest]:
    sources = sources_of(project, engine)
    held = {arch: originals(project, sources, station.target(arch), cancel) for arch in selection.archs}
    requests = []
    for kernel, arch in selection.cells:
        if found := held[arch].get(kernel.symbol):
            code = (found.code_hash, found.image, found.compiler)
            requests.append(TimeRequest(kernel.symbol, arch, *code, wanted.side, wanted.repeats))
    return requests


def _kept(engine: Engine, timing: Timing) -> Measured:
    """Write a measurement; beside it what other devices took for the same."""
    others = [each for each in queries.timings(engine, timing.symbol) if each.workload == timing.workload]
    record.timing(engine, timing._asdict())
    here = (timing.device_name, timing.device_target, timing.side)
    return Measured(timing, tuple(e for e in others if (e.device_name, e.device_target, e.side) != here))


def _finish(selection: Selection, requests: Sequence[TimeRequest], failed: int) -> Finished:
    absent = len(selection.cells) - len(requests)
    summary: Mapping[str, Any] = {"kernels": len(selection.cells), "absent": absent, "failed": failed}
    parts = [f"{len(requests)} kernels timed"]
    parts += [f"{absent} not there"] if absent else []
    parts += [f"{failed} launches failed"] if failed else []
    return Finished(bool(requests) and not absent and not failed, ", ".join(parts), dict(summary))
