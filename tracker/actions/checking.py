"""One check as a request that a child process can carry out, and its result read back from the database."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from db.views import Evidence
from tracker.cancel import Cancel
from tracker.check.results import CaseResult, CheckResult, Mismatch
from tracker.devices.revision import emulator_name
from tracker.errors import KerntrackError

if TYPE_CHECKING:  # numpy and gguf are the child's business
    from tracker.check.tensors import Origin

Effort = Literal["quick", "full"]


@dataclass(frozen=True)
class CheckRequest:
    """Everything a child needs to check one kernel on one arch."""

    symbol: str
    arch: str
    code_hash: str
    code_object: Path
    assembly: Path | None
    toolchain: str
    contract: str
    effort: Effort
    seed: int
    case: str | None
    origin: "Origin | None" = None
    """The tensor whose case replaces the contract's own cases."""

    @property
    def decides(self) -> bool:
        """Whether the outcome may decide a status: only the contract's whole set of cases may."""
        return self.case is None and self.origin is None

    def not_run(self, outcome: Literal["unsupported", "error"], message: str) -> CheckResult:
        """The result where no case ran: no verdict about the kernel."""
        return CheckResult(
            symbol=self.symbol,
            arch=self.arch,
            code_hash=self.code_hash,
            device_kind="emulator",
            device_name=emulator_name(),
            device_target=self.arch,
            contract=self.contract,
            seed=self.seed,
            effort=self.effort if self.decides else "case",
            outcome=outcome,
            message=message,
            cases_run=0,
            worst={},
            failing=None,
            seconds=0.0,
        )


def check_in_child(request: CheckRequest) -> CheckResult:
    """Load the code object on the emulator (once per process) and check the kernel."""
    from tracker.check import check_kernel, tensors

    try:
        device, module = _load(request.arch, request.code_object, request.assembly)
    except KerntrackError as error:  # such as an arch that is not emulated
        return request.not_run("unsupported", f"the emulator: {error.message}")
    result: CheckResult = check_kernel(
        device,
        module,
        request.symbol,
        code_hash=request.code_hash,
        effort=request.effort,
        seed=request.seed,
        case=request.case,
        given=partial(tensors.cases, origin=request.origin, effort=request.effort, seed=request.seed)
        if request.origin
        else None,
        cancel=Cancel(),
    )
    if request.decides:
        return result
    where = f"{request.origin}: " if request.origin and result.outcome == "passed" else ""
    return replace(result, effort="case", message=where + result.message)


@lru_cache(maxsize=64)
def _load(arch: str, code_object: Path, assembly: Path | None) -> tuple[Any, Any]:
    from tracker.devices.emulator import EmulatorDevice
    from tracker.devices.protocol import Artifact

    device = EmulatorDevice(arch)
    return device, device.load(Artifact(arch, code_object, assembly))


def as_result(symbol: str, evidence: Evidence) -> CheckResult:
    """An evidence row as the result it was made from."""
    columns = {each.name: getattr(evidence, each.name) for each in fields(CheckResult) if each.name != "symbol"}
    return CheckResult(symbol=symbol, **{**columns, "failing": _case(evidence.failing)})


def _case(plain: Mapping[str, Any] | None) -> CaseResult | None:
    if plain is None:
        return None
    mismatch = plain["mismatch"]
    if mismatch is not None:
        window = tuple((index, expected, got) for index, expected, got in mismatch["window"])
        mismatch = Mismatch(**{**mismatch, "window": window})
    return CaseResult(**{**plain, "mismatch": mismatch})
