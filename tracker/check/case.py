"""Executes one case: two launches that differ only in what nothing has written yet, and all that must hold after."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kernels.contracts.base import Case, Prepared
from kernels.launch import Buffer, Launch
from tracker.check.compare import compare
from tracker.check.results import CaseResult, Mismatch
from tracker.devices.protocol import Device, Fault, LaunchReport

RUNS = (0, 1)
"""Poison patterns and noise, one run each."""


@dataclass(frozen=True)
class Ran:
    """A case's result with what only the device could tell."""

    result: CaseResult
    fault: Fault | None = None
    cost: dict[str, Any] = field(default_factory=dict)


def run_case(device: Device, module: Any, case: Case) -> Ran:
    """Run a case on a device. What the kernel does wrong is in the result; what the contract does wrong is raised."""
    started = time.perf_counter()
    worst: dict[str, float] = {}
    reports: list[LaunchReport] = []
    for run in RUNS:
        prepared = case.prepare(run)
        report = device.run(module, prepared.launch)
        reports.append(report)
        mismatch, complaint = _judge(prepared, report, worst)
        if mismatch or complaint:
            break
    else:
        mismatch, complaint = None, _difference(prepared, *reports)
    passed = not (mismatch or complaint)
    result = CaseResult(case.name, passed, worst, mismatch, complaint, time.perf_counter() - started)
    return Ran(result, reports[-1].fault, reports[0].cost)


def _judge(prepared: Prepared, report: LaunchReport, worst: dict[str, float]) -> tuple[Mismatch | None, str | None]:
    """First bad element and first complaint of one launch; raises the metrics in `worst` to what it shows."""
    if report.fault:
        return None, f"{report.fault.kind}: {report.fault.message}"
    mismatch = None
    for expectation in prepared.expectations:
        comparison = compare(expectation, report.buffers[expectation.buffer])
        for name, value in comparison.worst.items():
            worst[name] = max(worst.get(name, 0.0), value)
        mismatch = mismatch or comparison.mismatch
    return mismatch, _overwritten(report) or _changed_input(prepared.launch, report)


def _overwritten(report: LaunchReport) -> str | None:
    if not report.overwrites:
        return None
    first = report.overwrites[0]
    place = f"{-first.offset} bytes before its start" if first.offset < 0 else f"at byte {first.offset}, behind its end"
    return f"out of bounds: written outside {first.buffer}, {place}"


def _changed_input(launch: Launch, report: LaunchReport) -> str | None:
    for argument in launch.arguments:
        if isinstance(argument, Buffer) and argument.role == "in":
            changed = np.flatnonzero(report.buffers[argument.name] != argument.data)
            if changed.size:
                return f"input {argument.name} changed: {changed.size} bytes, the first at byte {changed[0]}"
    return None


def _difference(prepared: Prepared, first: LaunchReport, second: LaunchReport) -> str | None:
    """What two runs of the same launch disagree about, bit for bit."""
    for expectation in prepared.expectations:
        left, right = (report.buffers[expectation.buffer] for report in (first, second))
        different = (left != right).reshape(expectation.reference.size, -1).any(axis=1)
        if expectation.compared is not None:
            different &= expectation.compared
        if different.any():
            where = int(np.argmax(different))
            return f"two runs differ: {np.count_nonzero(different)} of {expectation.buffer}, the first at {where}"
    return None
