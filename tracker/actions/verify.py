"""Verify: build what is missing, check the selected kernels on emulator or GPU, keep every outcome as evidence."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine

from db import matrix, queries
from db.views import Evidence, KernelStatus
from tracker.actions.building import build_missing, choose
from tracker.actions.checking import CheckRequest, all_passed, as_result, only_late
from tracker.actions.events import Checked, Event, Finished, Note, Plan, Step
from tracker.actions.history import plain, recorded
from tracker.actions.lacking import checker_of_files, note_unported
from tracker.actions.originals import Original, originals, require_cuda, sources_of
from tracker.actions.ready import ready
from tracker.actions.requests import Options, request_for, run_requests
from tracker.actions.scan import rescan
from tracker.actions.stations import Station, open_place
from tracker.actions.store import open_store
from tracker.cancel import Cancel
from tracker.check.results import CheckResult
from tracker.config import Project
from tracker.errors import UsageError
from tracker.selectors import Selection, words

FAMILY_WEIGHT = {"mul_mat_q8_1": 20.0, "mul_mat_vec_q8_1": 2.0, "indexed_moe_forward": 4.0}
"""Rough seconds of a check that was never made, per row of the batch: only the order of the work depends on it."""

VERDICTS = ("passed", "failed")
"""Outcomes that running the same check again would repeat; whether it is supported may change with the program."""


def verify(project: Project, cancel: Cancel, options: Options) -> Iterator[Event]:
    """Check the selected kernels, building what is missing first, and keep every outcome.

    Where a verdict for the present code, contract, device, effort and seed exists, nothing is run unless
    `options.again`. Raises UsageError when the selector chooses nothing or options contradict each other, AbsentError
    when there is no such device, or something must be built and there is no compiler.
    """
    options = replace(options, selector=words(options.selector))
    if options.gguf is not None:
        from tracker.actions.verify_tensors import verify_tensors  # loads gguf

        return verify_tensors(project, cancel, options, options.gguf)
    if options.tensor is not None:
        raise UsageError("--tensor chooses tensors of a file", "add --gguf MODEL.gguf")
    engine = open_store(project)
    return recorded(project, engine, "verify", plain(options), _verify(project, engine, cancel, options))


def _verify(project: Project, engine: Engine, cancel: Cancel, options: Options) -> Iterator[Event]:
    yield from rescan(project, engine, cancel)
    wanted = (options.cluster, options.device, options.selector, options.archs)
    with open_place(project, engine, cancel, *wanted) as (station, notes):
        yield from notes
        check = _check_originals if options.side == "cuda" else _check_port
        yield from check(project, engine, cancel, options, station)


def _check_port(
    project: Project, engine: Engine, cancel: Cancel, options: Options, station: Station
) -> Iterator[Event]:
    columns = station.columns(options.archs)
    selection = choose(project, engine, options.selector, columns)
    yield from note_unported(selection)
    if options.build and (yield from build_missing(project, engine, cancel, selection, station)):
        selection = choose(project, engine, options.selector, columns)
    held, requests = _plan(engine, selection, options, station)
    results = yield from _run(engine, held, requests, station, cancel)
    yield _finish(selection, results, ran=len(requests))


def _check_originals(
    project: Project, engine: Engine, cancel: Cancel, options: Options, station: Station
) -> Iterator[Event]:
    require_cuda(station)
    selection = choose(project, engine, options.selector, station.columns(options.archs))
    yield Note("compiling the CUDA sources")
    sources = sources_of(project, engine)
    held = {arch: originals(project, sources, station.target(arch), cancel) for arch in selection.archs}
    found = [(kernel.symbol, arch) for kernel, arch in selection.cells if kernel.symbol in held[arch]]
    requests = [_request_original(symbol, arch, held[arch][symbol], options) for symbol, arch in found]
    results = yield from _run(engine, [], requests, station, cancel)
    yield _finish_originals(selection, results)


def _run(
    engine: Engine, held: Sequence[CheckResult], requests: Sequence[CheckRequest], station: Station, cancel: Cancel
) -> Generator[Event, None, list[CheckResult]]:
    """Check; the generator's value are all results."""
    yield Plan("verify", len(held) + len(requests))
    results: list[CheckResult] = []
    for result in held:
        results.append(result)
        yield Checked(result, held=True)
        yield Step(len(results), f"{result.symbol} {result.arch}")
    for result in run_requests(engine, requests, station, cancel):
        results.append(result)
        yield Checked(result)
        yield Step(len(results), f"{result.symbol} {result.arch}")
    return results


def _plan(
    engine: Engine, selection: Selection, options: Options, station: Station
) -> tuple[list[CheckResult], list[CheckRequest]]:
    """What is known already, and what must be run, the longest first."""
    known = queries.holding(engine, selection.archs)
    held: list[CheckResult] = []
    todo: list[tuple[KernelStatus, CheckRequest]] = []
    intact = checker_of_files()
    for built in ready(engine, selection, station):
        request = request_for(built, options)
        holding = known.get((built.symbol, built.arch), [])
        verdict = None if options.again or options.case else _verdict(holding, request, station)
        if verdict:
            held.append(as_result(built.symbol, verdict))
        elif intact(built.code_object):
            todo.append((built.kernel, request))
    return held, _longest_first(engine, todo) if todo else []


def _longest_first(engine: Engine, todo: Iterable[tuple[KernelStatus, CheckRequest]]) -> list[CheckRequest]:
    durations = queries.durations(engine)

    def seconds(kernel: KernelStatus, request: CheckRequest) -> float:
        rough = FAMILY_WEIGHT.get(kernel.family, 1.0) * (kernel.batch or 1)
        return durations.get((request.symbol, request.arch)) or rough

    return [request for _, request in sorted(todo, key=lambda each: -seconds(*each))]


def _verdict(holding: Sequence[Evidence], request: CheckRequest, station: Station) -> Evidence | None:
    """The evidence that makes running the same check again pointless."""
    gpus = [(gpu.kind, gpu.name, gpu.target) for gpu in station.gpus().get(request.arch, ())]
    for each in holding:
        same = (each.effort, each.seed, each.code_hash) == (request.effort, request.seed, request.code_hash)
        there = (each.device_kind, each.device_name, each.device_target)
        here = there in gpus if gpus else there[0] == "emulator"
        if same and here and each.outcome in VERDICTS:
            return each
    return None


def _request_original(symbol: str, arch: str, original: Original, options: Options) -> CheckRequest:
    return CheckRequest(
        symbol=symbol,
        arch=arch,
        code_hash=original.code_hash,
        code_object=original.image,
        assembly=None,
        toolchain=original.compiler,
        contract=matrix.current_contract(symbol),
        effort=options.effort,
        seed=options.seed,
        case=options.case,
        side="cuda",
    )


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
    good = all_passed(outcomes) and not unbuilt
    message = "; ".join(filter(None, (_counts(outcomes), f"{unbuilt} not built" if unbuilt else "")))
    if not outcomes["passed"] and not outcomes["failed"]:
        message = f"nothing could be checked: {message}"
    if good and not ran:
        message = f"evidence holds: {message}, nothing to run"
    return Finished(good, message, summary, late=only_late(outcomes, unbuilt, _late_builds(selection)))


def _late_builds(selection: Selection) -> int:
    return sum(kernel.archs[arch].timed_out for kernel, arch in selection.cells)


def _finish_originals(selection: Selection, results: Sequence[CheckResult]) -> Finished:
    outcomes: Counter[str] = Counter(result.outcome for result in results)
    absent = len(selection.cells) - len(results)
    summary = {"kernels": len(selection.cells), "absent": absent, "run": len(results), **outcomes}
    good = all_passed(outcomes) and not absent
    lacking = f"; {absent} are not in the CUDA sources" if absent else ""
    return Finished(
        good, f"CUDA originals: {_counts(outcomes) or 'none'}{lacking}", summary, late=only_late(outcomes, absent)
    )


def _counts(outcomes: Counter[str]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
