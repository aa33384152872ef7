"""Which device a `--device` option means, and which GPUs there are. Runtimes only ever start in child processes."""

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tracker.cancel import Cancel
from tracker.errors import UsageError
from tracker.limits import Limits

if TYPE_CHECKING:  # they load numpy, which choosing the emulator does not need
    from tracker.devices.gpu import GpuDevice
    from tracker.devices.isolated import IsolatedDevice

Kind = Literal["hip", "cuda"]
AMD_DEVICES = (Path("/dev/kfd"), Path("/dev/dxg"))
"""Where an AMD GPU shows: Linux, and Linux under Windows."""


@dataclass(frozen=True)
class Choice:
    """A device as the user names it; `kind` is `emulator` (index 0), `hip` or `cuda`."""

    kind: Literal["emulator", "hip", "cuda"]
    index: int = 0


@dataclass(frozen=True)
class Found:
    """A GPU that is there. `target` is its full target id."""

    kind: Kind
    index: int
    name: str
    target: str
    runtime: str


def parse(option: str) -> Choice | None:
    """The device of `emulator`, `hip`, `hip:1`, `cuda`, `cuda:1` or a bare number (an AMD GPU); None for `auto`.

    Raises UsageError for anything else.
    """
    if option == "auto":
        return None
    match = re.fullmatch(r"(?:(hip|cuda|emulator)(?::(\d+))?|(\d+))", option)
    if match is None or (match[1] == "emulator" and match[2]):
        raise UsageError(f"there is no device '{option}'", "use emulator, auto, a GPU's number, hip:N or cuda:N")
    if match[1] == "emulator":
        return Choice("emulator")
    return Choice("cuda" if match[1] == "cuda" else "hip", int(match[2] or match[3] or 0))


def amd_gpu_expected() -> bool:
    """Whether it is worth starting ROCm: without one of these files no AMD GPU can be used."""
    return any(path.exists() for path in AMD_DEVICES)


def available(kind: Kind) -> list[Found]:
    """The GPUs of one vendor. Raises AbsentError with the remedy when there is none."""
    first = open_gpu(Choice(kind))
    try:
        devices = [Found(kind, 0, first.name, first.target, first.runtime)]
    finally:
        first.close()
    while True:
        try:
            other = open_gpu(Choice(kind, len(devices)))
        except UsageError:  # there is no such number
            return devices
        devices.append(Found(kind, len(devices), other.name, other.target, other.runtime))
        other.close()


def open_gpu(choice: Choice, seconds: float = Limits.launch, cancel: Cancel | None = None) -> "IsolatedDevice":
    """Open a GPU in a child process; `seconds` limits each launch. Raises AbsentError or UsageError."""
    from tracker.devices.isolated import IsolatedDevice

    return IsolatedDevice(_open, choice.kind, choice.index, seconds=seconds, cancel=cancel)


def _open(kind: str, index: int) -> "GpuDevice":
    device: GpuDevice = import_module(f"tracker.devices.{kind}").open_device(index)
    return device
