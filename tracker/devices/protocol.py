"""The contract between whoever checks kernels and whatever executes them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from kernels.launch import Launch


@dataclass(frozen=True)
class Fault:
    """Why a launch did not end well.

    `kind` is one of: `out of bounds`, `uninitialised read`, `write to constant`, `race`, `barrier divergence`,
    `step limit`, `unknown instruction`, `launch error`, `out of memory`, `device fault`, `timeout`.
    """

    kind: str
    message: str
    """One sentence with kernel, instruction, source line, lane, buffer and offset where known."""


@dataclass(frozen=True)
class Overwrite:
    """A red-zone byte that changed: `offset` is negative before the buffer, ≥ its size behind it."""

    buffer: str
    offset: int


@dataclass(frozen=True)
class LaunchReport:
    """What came of one launch. `buffers` are the contents afterwards, by buffer name, inputs included."""

    buffers: dict[str, NDArray[np.uint8]]
    overwrites: tuple[Overwrite, ...] = ()
    fault: Fault | None = None
    seconds: float = 0.0
    cost: dict[str, Any] = field(default_factory=dict)
    """Emulator: dynamic instruction counts by class and so on (JSON-able). Devices: `{"device_us": …}`."""


@dataclass(frozen=True)
class Artifact:
    """What a build produced for one arch. The emulator executes `assembly`, from which `code_object` was assembled."""

    arch: str
    code_object: Path
    assembly: Path | None


class Module(Protocol):
    """A loaded code object."""

    @property
    def symbols(self) -> frozenset[str]:
        """Kernels that can be launched."""


class Device(Protocol):
    """Something that executes launches. Not thread safe; one per process."""

    @property
    def kind(self) -> Literal["emulator", "hip", "cuda"]:
        """What sort of device it is."""

    target: str
    """Full target id of what it executes, e.g. `gfx90a:sramecc+:xnack-`; the plain arch for the emulator."""
    name: str

    def load(self, artifact: Artifact) -> Module:
        """Load a code object. Raises `tracker.errors.KerntrackError` when it is not for this device."""

    def run(self, module: Any, launch: Launch) -> LaunchReport:
        """Execute one launch to its end. Never raises for what the kernel does wrong: that is the report's `fault`."""
