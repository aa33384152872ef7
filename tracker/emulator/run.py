"""The emulator's front door: load an assembly file, run one of its kernels."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.emulator.assembly import Assembly, KernelText
from tracker.emulator.bind import Context
from tracker.emulator.code import Code
from tracker.emulator.cost import Cost, instruction_counts
from tracker.emulator.faults import EmulationFault
from tracker.emulator.instruction import Instruction, base_name
from tracker.emulator.launch import Dim, Geometry, dispatch_packet, check_geometry, kernarg
from tracker.emulator.lds import LocalMemory
from tracker.emulator.machine import Machine
from tracker.emulator.memory import GlobalMemory, Memory
from tracker.emulator.names import approximations
from tracker.emulator.registers import initialise
from tracker.emulator.schedule import Scheduler
from tracker.emulator.scratch import Scratch

DEFAULT_STEP_LIMIT = 20_000_000
"""Instructions that one chunk of workgroups may issue, each counted once for all waves that execute it together."""

CHUNK_LANES = 4096
"""Lanes that run together: wide enough that numpy's cost per call hardly counts, small enough for the cache."""


@dataclass(frozen=True)
class Report:
    """What came of a run: buffers afterwards by name, costs (see README, "Costs"), approximations used."""

    buffers: dict[str, NDArray[np.uint8]]
    cost: dict[str, Any]
    approximations: tuple[str, ...]


class Program:
    """A loaded assembly file. Decoded code is kept, so that further runs of a kernel start at once."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self._texts: dict[str, KernelText] = {}
        self._codes: dict[str, Code] = {}

    @property
    def arch(self) -> str:
        """The target it was compiled for."""
        return self.assembly.arch.name

    @property
    def symbols(self) -> frozenset[str]:
        """Its kernels."""
        return frozenset(self.assembly.descriptors)

    def text(self, symbol: str) -> KernelText:
        """A kernel's descriptor, arguments and code text. Raises EmulationFault when there is no such kernel."""
        if symbol not in self._texts:
            self._texts[symbol] = self.assembly.kernel(symbol)
        return self._texts[symbol]

    def code(self, symbol: str) -> Code:
        """A kernel's code."""
        if symbol not in self._codes:
            text = self.text(symbol)
            wave = 32 if text.directives.get("wavefront_size32", 0) else 64
            self._codes[symbol] = Code(self.assembly, symbol, Context(self.assembly.arch, wave))
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

    `grid` counts workgroups, `block` work-items. `arguments` are the kernel's in order: little-endian bytes by value, or
    a buffer whose address is passed. Registers, LDS and scratch start with noise from `seed`. Raises EmulationFault.
    """
    check_geometry(grid, block, program.text(symbol))
    code = program.code(symbol)
    geometry = Geometry(grid, block, code.context.wave)
    launch = _Launch(program, code, geometry, arguments, dynamic_lds, seed)
    with np.errstate(all="ignore"), _without_collector():
        launch.execute(step_limit)
        if launch.unwritten is not None:
            # Somebody read what nobody wrote. Whether that matters shows when other noise stands there.
            other = _Launch(program, code, geometry, arguments, dynamic_lds, ~seed & 0xFFFFFFFF, again=True)
            if not launch.same_outcome(other, step_limit):
                raise launch.unwritten
    return launch.report()


@contextmanager
def _without_collector() -> Iterator[None]:
    """Decoding makes many objects that stay; the cyclic garbage collector would go through all of them over and over."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Launch:
    """One run of one kernel, chunk by chunk of workgroups."""

    def __init__(
        self,
        program: Program,
        code: Code,
        geometry: Geometry,
        arguments: Sequence[bytes | Memory],
        dynamic_lds: int,
        seed: int,
        *,
        again: bool = False,
    ) -> None:
        self.unwritten: EmulationFault | None = None
        """The first read of never-written bytes."""
        self.code, self.geometry, self.seed = code, geometry, seed
        self.arch, self.text = program.assembly.arch, program.text(code.symbol)
        self.memories = list({id(a): a for a in arguments if isinstance(a, Memory)}.values())
        # The kernarg segment's content needs the buffers' addresses: reserve its place, then fill it.
        reserve = Memory("kernarg segment", np.zeros(self.text.kernarg_size, np.uint8), "in")
        packet = Memory("dispatch packet", np.frombuffer(dispatch_packet(geometry), np.uint8), "in")
        self.memory = GlobalMemory([*self.memories, reserve, packet], inverted=again)
        raw = [a if isinstance(a, bytes) else self.memory.address(a) for a in arguments]
        self.pointers = {"kernarg_segment_ptr": self.memory.address(reserve), "dispatch_ptr": self.memory.address(packet)}
        self.memory.fill(reserve, kernarg(self.text, raw, geometry, dynamic_lds))
        self.lds_size = self.text.directives.get("group_segment_fixed_size", 0) + dynamic_lds
        self.cost = Cost()

    def execute(self, step_limit: int) -> None:
        """Run all workgroups."""
        self.code.forget_counts()
        geometry = self.geometry
        per_group = geometry.group_waves * self._lanes()
        chunk = max(1, min(CHUNK_LANES // per_group, geometry.groups))
        machine: _GroupMachine | None = None
        for first in range(0, geometry.groups, chunk):
            count = min(chunk, geometry.groups - first)
            if machine is None or machine.groups != count:
                machine = _GroupMachine(self, count)
            machine.start(first)
            Scheduler(machine, self.code, geometry.group_waves, step_limit).run()

    def same_outcome(self, other: "_Launch", step_limit: int) -> bool:
        """Run `other`, the same launch from other noise; True if it writes the same."""
        try:
            other.execute(step_limit)
        except EmulationFault:
            return False
        return all(np.array_equal(self.memory.outcome(m), other.memory.outcome(m)) for m in self.memories)

    def _lanes(self) -> int:
        return self.geometry.wave

    def report(self) -> Report:
        """Buffers and costs after the run."""
        buffers = {memory.name: self.memory.content(memory) for memory in self.memories}
        counts = instruction_counts(self.code.segments.values(), self.geometry.wave)
        executed = {base_name(raw) for raw in counts["mnemonics"]}
        known = approximations()
        approximate = tuple(f"{name}: {known[name]}" for name in sorted(executed & known.keys()))
        return Report(buffers, counts | dict(sorted(self.cost.counts.items())), approximate)


class _GroupMachine(Machine):
    """A machine for whole workgroups, with their memories."""

    def __init__(self, launch: _Launch, groups: int) -> None:
        geometry = launch.geometry
        waves, lanes = groups * geometry.group_waves, geometry.wave
        super().__init__(waves, lanes, geometry.wave, launch.seed)
        self.launch, self.groups, self.first = launch, groups, 0
        self.memory, self.cost = launch.memory, launch.cost
        self.local = LocalMemory(groups, geometry.group_waves, launch.lds_size, launch.seed)
        private = launch.text.directives.get("private_segment_fixed_size", 0)
        self.scratch = Scratch(waves, lanes, private, launch.seed)
        checks = launch.unwritten is None
        self.memory.checks_written = self.local.checks_written = self.scratch.checks_written = checks
        self.materialise(launch.code.context.slots)

    def start(self, first: int) -> None:
        """Make ready for the workgroups from number `first` on."""
        launch = self.launch
        self.first = first
        self.local.reset()
        self.scratch.reset()
        initialise(self, launch.arch, launch.text.directives, launch.geometry, first, launch.pointers)

    def note_unwritten(self, fault: EmulationFault) -> None:
        """Keep the first read of never-written bytes and look for no more of them."""
        self.launch.unwritten = self.launch.unwritten or fault
        self.memory.checks_written = self.local.checks_written = self.scratch.checks_written = False

    def fault(self, kind: Any, ins: Instruction, lane: int, what: str) -> EmulationFault:
        """A fault of lane number `lane` of the machine at an instruction."""
        wave, geometry = lane // self.lanes, self.launch.geometry
        group = self.first + wave // geometry.group_waves
        x, y, z = (int(axis[0]) for axis in geometry.group_ids(group, 1))
        return EmulationFault(
            kind,
            f"{what}: {ins.text!r} in kernel {self.launch.code.symbol} ({self.launch.code.place(ins)}), lane "
            f"{lane % self.lanes} of wave {wave % geometry.group_waves} in workgroup ({x}, {y}, {z})",
        )
