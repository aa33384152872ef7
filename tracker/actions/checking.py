"""One check as a request that a child process or a GPU can carry out, and its result read back from the database."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from db.views import Evidence
from tracker.cancel import Cancel
from tracker.check.results import CaseResult, CheckResult, Mismatch, Outcome
from tracker.devices.revision import emulator_name
from tracker.errors import CancelledError, KerntrackError

if TYPE_CHECKING:  # numpy and gguf are the child's business
    from tracker.actions.stations import Gpu
    from tracker.check.tensors import Origin
    from tracker.devices.isolated import IsolatedDevice

Effort = Literal["quick", "full"]
Side = Literal["hip", "cuda"]


@dataclass(frozen=True)
class CheckRequest:
    """Everything that is needed to check one kernel on one arch: a `Task` of `stations`."""

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
    side: Side = "hip"

    @property
    def decides(self) -> bool:
        """Whether the outcome may decide a status: only the contract's whole set of cases may."""
        return self.case is None and self.origin is None

    @property
    def files(self) -> tuple[Path, ...]:
        """The code, and the tensor's rows."""
        rows = self.origin.path if self.origin else None
        return tuple(filter(None, (self.code_object, self.assembly, rows)))

    def moved(self, to: Mapping[str, Path]) -> Self:
        """With the files elsewhere."""
        return replace(
            self,
            code_object=to[self.code_object.name],
            assembly=self.assembly and to[self.assembly.name],
            origin=self.origin and replace(self.origin, path=to[self.origin.path.name]),
        )

    def emulate(self) -> CheckResult:
        """Load the code object on the emulator (once per process) and check the kernel."""
        try:
            device, module = _load(self.arch, self.code_object, self.assembly)
        except KerntrackError as error:  # such as an arch that is not emulated
            return self._not_run("unsupported", f"the emulator: {error.message}")
        return self._check(device, module, Cancel())

    def on_gpu(self, gpu: "IsolatedDevice", cancel: Cancel) -> CheckResult:
        """Check the kernel on a GPU. What the GPU cannot load, or faults over, is the result."""
        from tracker.devices.children import ChildCrashed, ChildTimeout
        from tracker.devices.protocol import Artifact

        try:
            module = gpu.load(Artifact(self.arch, self.code_object, self.assembly))
        except CancelledError:
            raise
        except KerntrackError as error:
            result = self._not_run("refused", "; ".join(filter(None, (error.message, error.remedy))))
        except ChildTimeout as error:
            result = self._not_run("timed out", f"loading {self.code_object.name}: {error}")
        except ChildCrashed as error:
            result = self._not_run("failed", f"device fault: loading {self.code_object.name}: {error}")
        else:
            result = self._check(gpu, module, cancel)
        return self._on(gpu, result)

    def broken(self, message: str, gpu: "Gpu | None" = None, late: bool = False) -> CheckResult:
        """A child that crashed is an error of ours, not the kernel's; one that ran out of time decides nothing."""
        result = self._not_run("timed out" if late else "error", message)
        return self._on(gpu, result) if gpu else result

    def _on(self, gpu: "Gpu", result: CheckResult) -> CheckResult:
        return replace(
            result,
            device_kind=gpu.kind,
            device_name=gpu.name,
            device_target=gpu.target,
            runtime=gpu.runtime,
            side=self.side,
        )

    def _check(self, device: Any, module: Any, cancel: Cancel) -> CheckResult:
        from tracker.check import check_kernel, tensors

        result: CheckResult = check_kernel(
            device,
            module,
            self.symbol,
            code_hash=self.code_hash,
            effort=self.effort,
            seed=self.seed,
            case=self.case,
            given=partial(tensors.cases, origin=self.origin, seed=self.seed) if self.origin else None,
            cancel=cancel,
        )
        if self.decides:
            return result
        where = f"{self.origin}: " if self.origin and result.outcome == "passed" else ""
        return replace(result, effort="case", message=where + result.message)

    def _not_run(self, outcome: Outcome, message: str) -> CheckResult:
        """The result where no case ran."""
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


WRONG = ("failed", "error", "refused")
LATE = "timed out"


def only_late(outcomes: Mapping[str, int], unbuilt: int, late_builds: int = 0) -> bool:
    """Whether checks or builds reached a time limit and nothing else is wrong. `unbuilt`: kernels without a build."""
    late = outcomes.get(LATE, 0) + late_builds > 0
    return late and unbuilt <= late_builds and not any(outcomes.get(bad) for bad in WRONG)


def all_passed(outcomes: Mapping[str, int]) -> bool:
    """Whether what could be checked passed, from counts by outcome; nothing checked is no success."""
    return outcomes.get("passed", 0) > 0 and not any(outcomes.get(bad) for bad in (*WRONG, LATE))
