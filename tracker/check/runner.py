"""Checks a kernel: every case of its contract on one device, gathered into one result."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kernels.contracts import contract_for
from kernels.contracts.base import Case, Contract, Effort
from kernels.names import KernelName, identify
from tracker.cancel import Cancel
from tracker.check.case import Ran, run_case
from tracker.check.results import CaseResult, CheckResult, Outcome
from tracker.devices.protocol import Device, Module
from tracker.errors import CancelledError, UsageError

DEVICE_LACKS = "unknown instruction"
NO_VERDICT: Mapping[str, Outcome] = {DEVICE_LACKS: "unsupported", "out of memory": "refused"}
"""Faults by which a device says that it cannot execute the kernel, which is no verdict about the kernel."""
LATE = "timeout"
DEVICE_DOWN = ("device fault", LATE)
"""Faults that took a GPU down: the kernel's other cases are not tried."""


@dataclass
class Tally:
    """What the cases run so far came to."""

    run: int = 0
    worst: dict[str, float] = field(default_factory=dict)
    failing: CaseResult | None = None
    failures: int = 0
    declined: tuple[Outcome, str] | None = None
    late: bool = False
    """The last case reached the time limit."""
    stop: bool = False
    """Nothing more is to be learnt from the cases that are left."""
    cost: dict[str, Any] = field(default_factory=dict)

    def add(self, ran: Ran) -> None:
        """Count one case. The cost kept is the first case's: contracts put the most telling one first."""
        self.run += 1
        for name, value in ran.result.worst.items():
            self.worst[name] = max(self.worst.get(name, 0.0), value)
        if ran.fault and ran.fault.kind in NO_VERDICT:
            self.declined = NO_VERDICT[ran.fault.kind], ran.fault.message
        self.late = ran.fault is not None and ran.fault.kind == LATE
        self.stop = bool(self.declined or (ran.fault and ran.fault.kind in DEVICE_DOWN))
        if not ran.result.passed:
            self.failures += 1
            self.failing = self.failing or ran.result
        if not self.cost and ran.cost:
            self.cost = {"case": ran.result.name, **ran.cost}

    def verdict(self) -> tuple[Outcome, str]:
        """Outcome and a sentence that gives its reason."""
        if self.declined:
            return self.declined
        if self.failing and self.late and self.failures == 1:
            return "timed out", describe(self.failing)
        if self.failing:
            return "failed", f"{self.failures} of {self.run} cases failed; {describe(self.failing)}"
        return ("passed", f"{self.run} cases") if self.run else ("failed", "no case was executed")


def describe(case: CaseResult) -> str:
    """One sentence about a failing case: its name and the first thing that is wrong."""
    parts = [case.fault] if case.fault else []
    if case.mismatch:
        bad = case.mismatch
        place = f"{bad.buffer}[{bad.index}]"
        parts.append(f"{place} expected {bad.expected}, got {bad.got} ({bad.bad} of {bad.total} bad)")
    return f"{case.name}: {'; '.join(parts)}"


def check_cases(
    device: Device,
    module: Any,
    name: KernelName,
    contract: Contract,
    effort: Effort,
    seed: int,
    case: str | None = None,
) -> Iterator[Ran]:
    """Run cases one after another; stop asking to stop running. `case` names the only one to run."""
    for chosen in _cases(contract, name, effort, seed, case):
        yield run_case(device, module, chosen)


def _cases(contract: Contract, name: KernelName, effort: Effort, seed: int, case: str | None) -> Iterator[Case]:
    if case is None:
        return contract.cases(name, effort, seed)
    try:
        return iter([contract.case(name, case)])
    except ValueError as error:
        example = next(contract.cases(name, effort, seed)).name
        raise UsageError(str(error), f"write a case of {name.symbol} like this: {example}") from error


def check_kernel(
    device: Device,
    module: Module,
    symbol: str,
    *,
    code_hash: str,
    effort: Effort,
    seed: int,
    case: str | None = None,
    given: Callable[[KernelName], Iterable[Case]] | None = None,
    cancel: Cancel,
) -> CheckResult:
    """Check one kernel of a loaded code object. `case` reproduces a single case by its name.

    `given` makes the cases in place of the contract's own, such as those of a real tensor.

    A failure of the check's own code comes back as outcome `error`. Raises UsageError when `case` cannot be read and
    CancelledError when cancelled.
    """
    started, tally, contract_id = time.perf_counter(), Tally(), ""
    name = identify(symbol)
    contract = contract_for(name) if name else None
    outcome: Outcome
    if name is None or contract is None:
        outcome, message = "unsupported", f"no contract says what {symbol} computes"
    elif symbol not in module.symbols:
        outcome, message = "refused", f"the code object has no kernel {symbol}"
    else:
        contract_id = f"{contract.family}/{contract.version}"
        cases = given(name) if given else _cases(contract, name, effort, seed, case)
        outcome, message = _run_all((run_case(device, module, each) for each in cases), tally, cancel)
    return CheckResult(
        symbol=symbol,
        arch=device.target.split(":")[0],
        code_hash=code_hash,
        device_kind=device.kind,
        device_name=device.name,
        device_target=device.target,
        contract=contract_id,
        seed=seed,
        effort=effort,
        outcome=outcome,
        message=message,
        cases_run=tally.run,
        worst=tally.worst,
        failing=tally.failing,
        seconds=time.perf_counter() - started,
        cost=tally.cost,
    )


def _run_all(cases: Iterator[Ran], tally: Tally, cancel: Cancel) -> tuple[Outcome, str]:
    try:
        for ran in cases:
            tally.add(ran)
            cancel.check()
            if tally.stop:
                break
    except (CancelledError, UsageError):
        raise
    except Exception as error:  # a bug in contract, check or device must never pass for a verdict
        return "error", f"after {tally.run} cases: {type(error).__name__}: {error}"
    return tally.verdict()
