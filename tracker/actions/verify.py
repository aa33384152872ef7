"""Verify: build what is missing, check the selected kernels in child processes, keep every outcome as evidence."""

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from db import matrix, queries, record
from db.cells import CellBuild
from db.views import Evidence
from tracker.actions.checking import CheckRequest, Effort, as_result, check_in_child
from tracker.actions.compile import build, choose, needed, note_unported
from tracker.actions.events import Built, Checked, Event, Finished, Plan, Step
from tracker.actions.history import recorded
from tracker.actions.scan import rescan
from tracker.actions.store import open_store
from tracker.build.toolchain import discover
from tracker.cancel import Cancel
from tracker.check.results import CheckResult
from tracker.config import Project
from tracker.errors import CancelledError
from tracker.selectors import Selection, words

WORKERS = 2
"""Kernels checked at the same time, each in a process of its own."""

TIME_LIMIT = 900.0
"""Seconds one kernel's cases may take."""

FAMILY_WEIGHT = {"mul_mat_q8_1": 20.0, "mul_mat_vec_q8_1": 2.0, "indexed_moe_forward": 4.0}
"""Rough seconds of a check that was never made, per row of the batch: only the order of the work depends on it."""

VERDICTS = ("passed", "failed")
"""Outcomes that running the same check again would repeat; whether it is supported may change with the program."""


@dataclass(frozen=True)
class Options:
    """How to check."""

    selector: tuple[str, ...]
    archs: tuple[str, ...] | None
    effort: Effort
    seed: int
    again: bool
    case: str | None


def verify(
    project: Project,
    cancel: Cancel,
    *,
    selector: str | Sequence[str],
    archs: Sequence[str] | None = None,
    effort: Effort = "quick",
    seed: int = 0,
    again: bool = False,
    case: str | None = None,
) -> Iterator[Event]:
    """Check the selected kernels on the emulator.

    Where a verdict for the present code, contract, effort and seed exists, nothing is run unless `again`. `case` runs
    one case by its name; its outcome is kept, but decides no status. Raises UsageError when the selector chooses
    nothing, AbsentError when something must be built and there is no compiler.
    """
    engine = open_store(project)
    chosen = Options(words(selector), tuple(archs) if archs else None, effort, seed, again, case)
    yield from recorded(project, engine, "verify", asdict(chosen), _verify(project, engine, cancel, chosen))


def _verify(project: Project, engine: Engine, cancel: Cancel, options: Options) -> Iterator[Event]:
    yield from rescan(project, engine, cancel)
    selection = choose(project, engine, options.selector, options.archs)
    yield from note_unported(selection)
    built = yield from build_missing(project, engine, cancel, selection)
    if built:
        selection = choose(project, engine, options.selector, options.archs)
    held, requests = _plan(engine, selection, options)
    yield Plan("verify", len(held) + len(requests))
    for done, result in enumerate(held, start=1):
        yield Checked(result, held=True)
        yield Step(done, f"{result.symbol} {result.arch}")
    results = list(held)
    for result in run_requests(engine, requests, cancel):
        results.append(result)
        yield Checked(result)
        yield Step(len(results), f"{result.symbol} {result.arch}")
    yield _finish(selection, results, ran=len(requests))


def build_missing(
    project: Project, engine: Engine, cancel: Cancel, selection: Selection
) -> Generator[Event, None, bool]:
    """Build what the selection lacks; the generator's value tells whether there was anything."""
    toolchain = discover(project.toolchain)[0]
    work = needed(engine, selection.cells, toolchain, again=False)
    if not work.targets:
        return False
    yield Plan("compile", len(work.targets))
    for done, event in enumerate(build(project, engine, work, toolchain, cancel), start=1):
        yield event
        if isinstance(event, Built):
            yield Step(done, f"{event.record.unit.source.name} {event.record.arch}")
    return True


def _plan(engine: Engine, selection: Selection, options: Options) -> tuple[list[CheckResult], list[CheckRequest]]:
    """What is known already, and what must be run, the longest first."""
    archs = selection.archs
    with engine.connect() as connection:
        builds = queries.cell_builds(connection, archs)
    known, durations = queries.holding(engine, archs), queries.durations(engine)
    held: list[CheckResult] = []
    todo: list[tuple[float, CheckRequest]] = []
    for kernel, arch in selection.cells:
        symbol = kernel.port_symbol or ""
        found = builds.get((symbol, arch))
        if found is None or found.code_hash is None or not found.fresh:
            continue
        verdict = None if options.again or options.case else _verdict(known.get((symbol, arch), []), options)
        if verdict:
            held.append(as_result(symbol, verdict))
        else:
            seconds = durations.get((symbol, arch)) or FAMILY_WEIGHT.get(kernel.family, 1.0) * (kernel.batch or 1)
            todo.append((seconds, request_for(symbol, arch, found, options)))
    todo.sort(key=lambda weighted: -weighted[0])
    return held, [request for _, request in todo]


def _verdict(holding: Sequence[Evidence], options: Options) -> Evidence | None:
    """The evidence that makes running the same check again pointless."""
    same = (e for e in holding if (e.device_kind, e.effort, e.seed) == ("emulator", options.effort, options.seed))
    return next((e for e in same if e.outcome in VERDICTS), None)


def request_for(symbol: str, arch: str, build: CellBuild, options: Options) -> CheckRequest:
    """The check of a kernel that was built."""
    attempt = build.attempt
    assert build.code_hash and attempt.code_object
    return CheckRequest(
        symbol=symbol,
        arch=arch,
        code_hash=build.code_hash,
        code_object=Path(attempt.code_object),
        assembly=Path(attempt.assembly) if attempt.assembly else None,
        toolchain=attempt.toolchain,
        contract=matrix.current_contract(symbol),
        effort=options.effort,
        seed=options.seed,
        case=options.case,
    )


def run_requests(engine: Engine, requests: Sequence[CheckRequest], cancel: Cancel) -> Iterator[CheckResult]:
    """Check in child processes; every outcome is written before the next is waited for."""
    if not requests:
        return
    from tracker.devices.children import Pool

    with Pool(WORKERS) as pool:
        waiting: dict[Future[CheckResult], CheckRequest] = {
            pool.submit(check_in_child, request, timeout=TIME_LIMIT, cancel=cancel): request for request in requests
        }
        while waiting:
            finished, _ = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
            for future in finished:
                request = waiting.pop(future)
                result = _outcome(future, request)
                record.evidence(engine, asdict(result), toolchain=request.toolchain)
                yield result
            cancel.check()


def _outcome(future: Future[CheckResult], request: CheckRequest) -> CheckResult:
    """What the child returned; a child that crashed or ran out of time is an error of ours, not the kernel's."""
    from tracker.devices.children import ChildCrashed, ChildTimeout

    try:
        return future.result()
    except CancelledError:
        raise
    except (ChildCrashed, ChildTimeout) as error:
        return request.not_run("error", str(error))


def _finish(selection: Selection, results: Sequence[CheckResult], ran: int) -> Finished:
    outcomes: Counter[str] = Counter(result.outcome for result in results)
    ported = sum(kernel.port_symbol is not None for kernel, _ in selection.cells)
    unbuilt = ported - len(results)
    summary: dict[str, Any] = {
        "cells": len(selection.cells),
        "ported": ported,
        "not built": unbuilt,
        "run": ran,
        **outcomes,
    }
    if not ported:
        return Finished(False, "nothing to verify: none of the selected kernels is ported", summary)
    good = not unbuilt and not outcomes["failed"] and not outcomes["error"]
    verdicts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    message = "; ".join(filter(None, (verdicts, f"{unbuilt} not built" if unbuilt else "")))
    if good and not ran:
        message = f"evidence holds: {message}, nothing to run"
    return Finished(good, message, summary)
