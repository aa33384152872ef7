"""A device that answers from numpy, rightly or with one fault put in."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from contracts.symbols import SYMBOLS

from kernels.launch import Buffer, Launch
from tracker.devices.protocol import Artifact, LaunchReport

from . import reference

Alter = Callable[[Launch, LaunchReport], LaunchReport]


@dataclass
class FakeModule:
    symbols: frozenset[str] = frozenset(SYMBOLS)


@dataclass
class FakeDevice:
    """`before` changes what the kernel sees, `after` what it leaves."""

    before: Callable[[Launch], Launch] = lambda launch: launch
    after: Alter = lambda launch, report: report
    kind: Literal["emulator", "hip", "cuda"] = "emulator"
    target: str = "gfx90a:sramecc+"
    name: str = "numpy"
    launches: list[Launch] = field(default_factory=list)

    def load(self, artifact: Artifact) -> FakeModule:
        return FakeModule()

    def run(self, module: Any, launch: Launch) -> LaunchReport:
        self.launches.append(launch)
        buffers = {a.name: a.data.copy() for a in launch.arguments if isinstance(a, Buffer)}
        (out,) = (a.name for a in launch.arguments if isinstance(a, Buffer) and a.role == "out")
        with np.errstate(all="ignore"):
            buffers[out] = reference.answer(self.before(launch)).copy()
        return self.after(launch, LaunchReport(buffers, cost={"instructions": 1}))


def out_name(launch: Launch) -> str:
    return next(a.name for a in launch.arguments if isinstance(a, Buffer) and a.role == "out")


def changed(launch: Launch, name: str, data: np.ndarray) -> Launch:
    """The launch with another content of one buffer."""
    arguments = tuple(replace(a, data=data) if a.name == name else a for a in launch.arguments)
    return replace(launch, arguments=arguments)


def content(launch: Launch, name: str) -> np.ndarray:
    return next(a.data for a in launch.arguments if a.name == name and isinstance(a, Buffer)).copy()
