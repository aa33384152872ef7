"""One kernel's launches to be timed, as a request that a GPU here or elsewhere can carry out."""

import platform
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from db import record
from db.views import Timing
from kernels.names import identify
from kernels.workloads import Work, works
from tracker.actions.checking import Side
from tracker.actions.events import Note
from tracker.actions.stations import Gpu
from tracker.cancel import Cancel
from tracker.devices.children import ChildCrashed, ChildTimeout
from tracker.devices.protocol import Artifact
from tracker.errors import CancelledError, KerntrackError

if TYPE_CHECKING:
    from tracker.devices.isolated import IsolatedDevice

WARMUP = 5
SEED = 7
Measurements = list[Timing | Note]
"""Of every workload of a kernel; what went wrong is a note."""


@dataclass(frozen=True)
class TimeRequest:
    """A kernel as it will be launched: a `Task` of `stations`."""

    symbol: str
    arch: str
    code_hash: str
    image: Path
    toolchain: str
    side: Side
    repeats: int

    @property
    def files(self) -> tuple[Path, ...]:
        """The code."""
        return (self.image,)

    def moved(self, to: Mapping[str, Path]) -> Self:
        """With the code elsewhere."""
        return replace(self, image=to[self.image.name])

    def emulate(self) -> Measurements:
        """An emulator tells no times."""
        return self.broken("only a GPU tells times")

    def on_gpu(self, gpu: "IsolatedDevice", cancel: Cancel) -> Measurements:
        """Launch every workload many times."""
        found: Measurements = []
        try:
            module = gpu.load(Artifact(gpu.target, self.image, None))
            for work in self._works():
                cancel.check()
                timed = gpu.time(module, work.launch, WARMUP, self.repeats)
                if timed.fault:
                    found += self.broken(f"{work.label}: {timed.fault.kind}: {timed.fault.message}")
                else:
                    found.append(self._timing(gpu, work, timed.microseconds))
        except CancelledError:
            raise
        except (KerntrackError, ChildCrashed, ChildTimeout) as error:
            found += self.broken(str(error))
        return found

    def broken(self, message: str, gpu: Gpu | None = None, late: bool = False) -> Measurements:
        """Nothing was timed."""
        return [Note(f"{self.symbol}, {self.arch}: {message}", "error")]

    def _works(self) -> Iterator[Work]:
        name = identify(self.symbol)
        if name:
            yield from works(name, np.random.default_rng(SEED))

    def _timing(self, gpu: Gpu, work: Work, times: tuple[float, ...]) -> Timing:
        return Timing(
            symbol=self.symbol,
            arch=self.arch,
            code_hash=self.code_hash,
            toolchain=self.toolchain,
            device_kind=gpu.kind,
            device_name=gpu.name,
            device_target=gpu.target,
            runtime=gpu.runtime,
            side=self.side,
            workload=work.label,
            bytes=work.bytes,
            launches=len(times),
            median_us=statistics.median(times),
            least_us=min(times),
            created=record.now(),
            host=platform.node(),
        )
