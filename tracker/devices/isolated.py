"""A device in a child process: its faults, hangs and crashes end the child and become a launch's fault."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, cast

from kernels.launch import Launch
from tracker.cancel import Cancel
from tracker.devices.children import ChildCrashed, ChildTimeout, Pool
from tracker.devices.gpu import Timed
from tracker.devices.protocol import Artifact, Device, Fault, LaunchReport
from tracker.errors import AbsentError
from tracker.limits import Limits, exceeded

Result = TypeVar("Result")
Reported = TypeVar("Reported", LaunchReport, Timed)
SETUP_SECONDS = 120.0
"""Time for a runtime to start up and to load a code object."""


class Gpu(Device, Protocol):
    """A device with a vendor's runtime, whose versions evidence must name."""

    runtime: str

    def time(self, module: Any, launch: Launch, warmup: int, repeats: int) -> Timed:
        """Launch many times and keep the times."""


@dataclass(frozen=True)
class RemoteModule:
    """A code object that the child loads when it is first needed there."""

    artifact: Artifact
    symbols: frozenset[str]


class IsolatedDevice:
    """The device that `create(*arguments)` makes, living in a child process that is replaced when it fails.

    `create` is a module-level function. Raises what it raises, or AbsentError when the child ends while starting.
    """

    def __init__(
        self, create: Callable[..., Gpu], *arguments: Any, seconds: float = Limits.launch, cancel: Cancel | None = None
    ) -> None:
        """`seconds` limits one launch; `cancel` ends the child."""
        self._make = (create, arguments)
        self._seconds, self._cancel = seconds, cancel or Cancel()
        self._pool = Pool(1, "spawn")  # a GPU runtime wants a process without a past
        try:
            described = self._call(_describe, self._make, seconds=SETUP_SECONDS).result()
        except (ChildCrashed, ChildTimeout) as error:
            self.close()
            raise AbsentError(
                f"the device could not be started: {error}", "see what the runtime's own tools say"
            ) from error
        except BaseException:
            self.close()
            raise
        self.kind: Literal["emulator", "hip", "cuda"]
        self.kind, self.target, self.name, self.runtime = described

    def load(self, artifact: Artifact) -> RemoteModule:
        """Load a code object. Raises KerntrackError when it is not for this device."""
        symbols = self._call(_load, self._make, artifact, seconds=SETUP_SECONDS).result()
        return RemoteModule(artifact, symbols)

    def run(self, module: RemoteModule, launch: Launch) -> LaunchReport:
        """Execute one launch to its end or to the time limit, in which a fresh child's start does not count."""
        report = self._guarded(_run, module, launch)
        return LaunchReport({}, fault=report) if isinstance(report, Fault) else report

    def time(self, module: RemoteModule, launch: Launch, warmup: int, repeats: int) -> Timed:
        """Launch many times and keep the times; the time limit is for all of them together."""
        timed = self._guarded(_time, module, launch, warmup, repeats)
        return Timed(fault=timed) if isinstance(timed, Fault) else timed

    def _guarded(
        self, function: Callable[..., Reported], module: RemoteModule, launch: Launch, *arguments: Any
    ) -> Reported | Fault:
        """Do something with a kernel in the child; its end and the time limit are faults."""
        try:
            self.load(module.artifact)
            call = self._call(function, self._make, module.artifact, launch, *arguments, seconds=self._seconds)
            report = call.result()
        except ChildTimeout:
            return Fault("timeout", exceeded(launch.symbol, "launch", self._seconds))
        except ChildCrashed as error:
            return Fault("device fault", f"{launch.symbol}: {error}")
        if report.fault and report.fault.kind == "device fault":
            self._pool.renew()  # the runtime refuses everything from then on
        return report

    def close(self) -> None:
        """End the child."""
        self._pool.close()

    def _call(self, function: Callable[..., Result], *arguments: Any, seconds: float) -> "Future[Result]":
        return self._pool.submit(function, *arguments, timeout=seconds, cancel=self._cancel)


_held: dict[Any, Any] = {}
"""In the child: the device, and the modules loaded on it by artifact."""


def _device(make: tuple[Callable[..., Gpu], tuple[Any, ...]]) -> Gpu:
    create, arguments = make
    if make not in _held:
        _held[make] = create(*arguments)
    return cast(Gpu, _held[make])


def _describe(make: Any) -> tuple[Literal["emulator", "hip", "cuda"], str, str, str]:
    device = _device(make)
    return device.kind, device.target, device.name, device.runtime


def _module(make: Any, artifact: Artifact) -> Any:
    if artifact not in _held:
        _held[artifact] = _device(make).load(artifact)
    return _held[artifact]


def _load(make: Any, artifact: Artifact) -> frozenset[str]:
    return frozenset(_module(make, artifact).symbols)


def _run(make: Any, artifact: Artifact, launch: Launch) -> LaunchReport:
    return _device(make).run(_module(make, artifact), launch)


def _time(make: Any, artifact: Artifact, launch: Launch, warmup: int, repeats: int) -> Timed:
    return _device(make).time(_module(make, artifact), launch, warmup, repeats)
