"""The emulator's front door: load an assembly file, run one of its kernels."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.emulator.assembly import Assembly
from tracker.emulator.code import Code
from tracker.emulator.cost import instruction_counts
from tracker.emulator.faults import EmulationFault
from tracker.emulator.instruction import base_name
from tracker.emulator.launch import Dim, Geometry, check_geometry
from tracker.emulator.machine import UpperHalfNeededError
from tracker.emulator.memory import Memory
from tracker.emulator.names import approximations
from tracker.emulator.schedule import Scheduler
from tracker.emulator.workgroups import Launch, WorkgroupMachine

DEFAULT_STEP_LIMIT = 20_000_000
"""Instructions that one chunk of workgroups may issue, each counted once for all waves that execute it together."""

CHUNK_LANES = 4096
"""Lanes that run together: wide enough that numpy's cost per call hardly counts, small enough for the cache."""


@dataclass(frozen=True)
class Report:
    """What came of a run: buffers afterwards by name, costs (see docs/evidence.md), approximations used."""

    buffers: dict[str, NDArray[np.uint8]]
    cost: dict[str, Any]
    approximations: tuple[str, ...]


class Program:
    """A loaded assembly file. Decoded code is kept, so that further runs of a kernel start at once."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self._codes: dict[str, Code] = {}

    @property
    def arch(self) -> str:
        """The target it was compiled for."""
        return self.assembly.arch.name

    @property
    def symbols(self) -> frozenset[str]:
        """Its kernels."""
        return frozenset(self.assembly.descriptors)

    def code(self, symbol: str) -> Code:
        """A kernel's code. Raises EmulationFault (`launch error`) when there is no such kernel."""
        if symbol not in self._codes:
            self._codes[symbol] = Code(self.assembly, symbol)
        return self._codes[symbol]


def load(assembly: str) -> Program:
    """Read assembly text. Raises EmulationFault (`launch error`) when it is not for a known AMDGPU target."""
    return Program(Assembly(assembly))


def run(
    program: Program,
    symbol: str,
    grid: Dim,
    block: Dim,
    arguments: Sequence[bytes | Memory],
    *,
    dynamic_lds: int = 0,
    step_limit: int = DEFAULT_STEP_LIMIT,
    seed: int = 0,
) -> Report:
    """Run one kernel to its end.

    `grid` counts workgroups, `block` work-items. `arguments` are the kernel's in order: little-endian bytes by value,
    or a buffer whose address is passed. Registers, LDS and scratch start with noise from `seed`. Raises EmulationFault.
    """
    code = program.code(symbol)
    check_geometry(grid, block, code.text)
    geometry = Geometry(grid, block, code.context.wave)
    make = partial(Launch, code, geometry, arguments, dynamic_lds)
    with np.errstate(all="ignore"), _without_collector():
        launch = _executed(make, geometry, step_limit, seed=seed, inverted=False)
        counts = instruction_counts(launch.code.segments.values(), launch.geometry.wave)
        if launch.unwritten is not None and _matters(launch, make, step_limit):
            raise launch.unwritten
    return _report(launch, counts)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Decoding makes many objects that stay; the cyclic garbage collector would go through them over and over.

    Freezing and unfreezing moves them to the oldest generation without a look at each.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()
        if was_enabled:
            gc.enable()


Maker = Callable[..., Launch]
"""Makes equal launches; takes `seed`, `lanes` and `inverted`."""


def _executed(make: Maker, geometry: Geometry, step_limit: int, *, seed: int, inverted: bool) -> Launch:
    """A launch, run to its end."""
    if geometry.wave == 64 and geometry.items <= 32:
        # Waves with work-items in their lower half only: run that half, unless somebody switches on the upper one.
        try:
            narrow = make(seed=seed, lanes=32, inverted=inverted)
            _execute(narrow, step_limit)
            return narrow
        except UpperHalfNeededError:
            pass
    launch = make(seed=seed, lanes=geometry.wave, inverted=inverted)
    _execute(launch, step_limit)
    return launch


def _execute(launch: Launch, step_limit: int) -> None:
    """Run all workgroups, a chunk at a time."""
    geometry = launch.geometry
    launch.code.forget_counts()
    chunk = max(1, min(CHUNK_LANES // (geometry.group_waves * launch.lanes), geometry.groups))
    machine: WorkgroupMachine | None = None
    for first in range(0, geometry.groups, chunk):
        count = min(chunk, geometry.groups - first)
        if machine is None or machine.groups != count:
            if machine is not None:
                machine.rows.clear()
            machine = WorkgroupMachine(launch, count)
        machine.start(first)
        Scheduler(machine, launch.code, geometry.group_waves, step_limit).run()
    if machine is not None:
        machine.rows.clear()  # they hold the machine itself: a ring that would keep the registers until a collection


def _matters(launch: Launch, make: Maker, step_limit: int) -> bool:
    """Somebody read what nobody wrote. Whether that matters shows when other noise stands there."""
    try:
        other = _executed(make, launch.geometry, step_limit, seed=~launch.seed & 0xFFFFFFFF, inverted=True)
    except EmulationFault:
        return True
    return not all(np.array_equal(launch.memory.outcome(m), other.memory.outcome(m)) for m in launch.memories)


def _report(launch: Launch, counts: dict[str, Any]) -> Report:
    buffers = {memory.name: launch.memory.content(memory) for memory in launch.memories}
    executed = {base_name(raw) for raw in counts["mnemonics"]}
    known = approximations()
    approximate = tuple(f"{name}: {known[name]}" for name in sorted(executed & known.keys()))
    return Report(buffers, counts | dict(sorted(launch.cost.counts.items())), approximate)
