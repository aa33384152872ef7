"""Bench: time the selected kernels, or their CUDA originals, on a GPU; keep every measurement."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine

from db import queries, record
from db.views import Timing
from kernels.names import KernelName, identify
from kernels.workloads import Work, works
from tracker.actions.checking import Side
from tracker.actions.compile import build_missing, choose, note_unported
from tracker.actions.events import Event, Finished, Measured, Note, Plan, Step
from tracker.actions.history import plain, recorded
from tracker.actions.originals import originals, sources_of
from tracker.actions.scan import rescan
from tracker.actions.stations import open_station
from tracker.actions.store import open_store
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.devices.children import ChildCrashed, ChildTimeout
from tracker.devices.isolated import IsolatedDevice
from tracker.devices.protocol import Artifact
from tracker.errors import AbsentError, CancelledError, KerntrackError
from tracker.selectors import Selection

WARMUP = 5
REPEATS = 50
SEED = 7


@dataclass(frozen=True)
class Bench:
    """What to time, and where."""

    selector: tuple[str, ...] = ()
    device: str = "auto"
    side: Side = "hip"
    repeats: int = REPEATS


@dataclass(frozen=True)
class Code:
    """A kernel as it will be launched."""

    symbol: str
    code_hash: str
    image: Path
    toolchain: str


def bench(project: Project, cancel: Cancel, wanted: Bench) -> Iterator[Event]:
    """Time kernels on the shapes of a 7-8B model. Raises AbsentError when there is no GPU."""
    engine = open_store(project)
    yield from recorded(project, engine, "bench", plain(wanted), _bench(project, engine, cancel, wanted))


def _bench(project: Project, engine: Engine, cancel: Cancel, wanted: Bench) -> Iterator[Event]:
    yield from rescan(project, engine, cancel)
    with open_station(wanted.device, wanted.selector, None, cancel, project.limits) as (station, notes):
        yield from notes
        gpu = station.gpu
        if gpu is None:
            raise AbsentError("there is no GPU to time kernels on", "name one: --device N (AMD) or --device cuda")
        selection = choose(project, engine, wanted.selector, station.columns(None))
        if wanted.side == "cuda":
            yield Note("compiling the CUDA sources")
            codes = _originals(project, engine, selection, gpu.target, cancel)
        else:
            yield from note_unported(selection)
            yield from build_missing(project, engine, cancel, selection, station)
            codes = _ports(engine, selection, gpu.target)
        yield Plan("bench", len(codes))
        failed = 0
        for done, code in enumerate(codes, start=1):
            cancel.check()
            for measured in _measure(gpu, code, wanted):
                failed += isinstance(measured, Note)
                yield measured if isinstance(measured, Note) else _kept(engine, measured)
            yield Step(done, code.symbol)
        yield _finish(selection, codes, failed)


def _ports(engine: Engine, selection: Selection, target: str) -> list[Code]:
    with engine.connect() as connection:
        builds = queries.cell_builds(connection, [target])
    codes = []
    for kernel in selection.kernels:
        found = builds.get((kernel.port_symbol or "", target))
        image = found.attempt.code_object if found else None
        if found and found.fresh and found.code_hash and image:
            codes.append(Code(kernel.port_symbol or "", found.code_hash, Path(image), found.attempt.toolchain))
    return codes


def _originals(project: Project, engine: Engine, selection: Selection, target: str, cancel: Cancel) -> list[Code]:
    held = originals(project, sources_of(project, engine), target, cancel)
    found = [(kernel.symbol, held[kernel.symbol]) for kernel in selection.kernels if kernel.symbol in held]
    return [Code(symbol, each.code_hash, each.image, each.compiler) for symbol, each in found]


def _measure(gpu: IsolatedDevice, code: Code, wanted: Bench) -> Iterator[Timing | Note]:
    """Every workload of one kernel; what goes wrong is a note."""
    name = identify(code.symbol)
    try:
        module = gpu.load(Artifact(gpu.target, code.image, None))
        for work in _works(name):
            timed = gpu.time(module, work.launch(), WARMUP, wanted.repeats)
            if timed.fault:
                yield Note(f"{code.symbol}, {work.label}: {timed.fault.kind}: {timed.fault.message}", "error")
            else:
                yield _timing(gpu, code, work, timed.microseconds, wanted.side)
    except CancelledError:
        raise
    except (KerntrackError, ChildCrashed, ChildTimeout) as error:
        yield Note(f"{code.symbol}: {error}", "error")


def _works(name: KernelName | None) -> Iterator[Work]:
    if name:
        yield from works(name, np.random.default_rng(SEED))


def _timing(gpu: IsolatedDevice, code: Code, work: Work, times: Sequence[float], side: Side) -> Timing:
    return Timing(
        symbol=code.symbol,
        arch=gpu.target.partition(":")[0],
        code_hash=code.code_hash,
        toolchain=code.toolchain,
        device_kind=gpu.kind,
        device_name=gpu.name,
        device_target=gpu.target,
        runtime=gpu.runtime,
        side=side,
        workload=work.label,
        bytes=work.bytes,
        launches=len(times),
        median_us=statistics.median(times),
        least_us=min(times),
        created=record.now(),
    )


def _kept(engine: Engine, timing: Timing) -> Measured:
    """Write a measurement; beside it what other devices took for the same."""
    others = [each for each in queries.timings(engine, timing.symbol) if each.workload == timing.workload]
    record.timing(engine, timing._asdict())
    here = (timing.device_name, timing.device_target, timing.side)
    return Measured(timing, tuple(e for e in others if (e.device_name, e.device_target, e.side) != here))


def _finish(selection: Selection, codes: Sequence[Code], failed: int) -> Finished:
    absent = len(selection.kernels) - len(codes)
    summary: Mapping[str, Any] = {"kernels": len(selection.kernels), "absent": absent, "failed": failed}
    parts = [f"{len(codes)} kernels timed"]
    parts += [f"{absent} not there"] if absent else []
    parts += [f"{failed} launches failed"] if failed else []
    return Finished(bool(codes) and not absent and not failed, ", ".join(parts), dict(summary))
