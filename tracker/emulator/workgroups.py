"""A launch, and the machine that runs some of its workgroups at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tracker.emulator.code import Code
from tracker.emulator.cost import Cost
from tracker.emulator.faults import EmulationFault
from tracker.emulator.instruction import Instruction
from tracker.emulator.launch import Geometry, dispatch_packet, kernarg
from tracker.emulator.lds import LocalMemory
from tracker.emulator.machine import Machine
from tracker.emulator.memory import GlobalMemory, Memory
from tracker.emulator.owners import Ticket, tickets
from tracker.emulator.registers import initialise
from tracker.emulator.scratch import Scratch


class Launch:
    """Everything about one run of one kernel that its workgroups share.

    `inverted`: unwritten bytes of `out` buffers start with all bits flipped. `lanes`: how many lanes of each wave are
    worth keeping; the hardware's number, or 32 where the upper half of a 64-lane wave holds no work-item.
    """

    def __init__(
        self,
        code: Code,
        geometry: Geometry,
        arguments: Sequence[bytes | Memory],
        dynamic_lds: int,
        seed: int,
        *,
        lanes: int,
        inverted: bool = False,
    ) -> None:
        self.code, self.geometry, self.seed, self.lanes = code, geometry, seed, lanes
        text = code.text
        self.memories = list({id(a): a for a in arguments if isinstance(a, Memory)}.values())
        # The kernarg segment's content needs the buffers' addresses: reserve its place, then fill it.
        segment = Memory("kernarg segment", np.zeros(text.kernarg_size, np.uint8), "constant")
        packet = Memory("dispatch packet", np.frombuffer(dispatch_packet(geometry), np.uint8), "constant")
        # The module's data first: code is decoded once, with the addresses that it then has.
        self.memory = GlobalMemory(
            [*code.image.memories(), *self.memories, segment, packet], geometry.group_waves, inverted=inverted
        )
        raw = [a if isinstance(a, bytes) else self.memory.address(a) for a in arguments]
        self.memory.fill(segment, kernarg(text, raw, geometry, dynamic_lds))
        self.pointers = {
            "kernarg_segment_ptr": self.memory.address(segment),
            "dispatch_ptr": self.memory.address(packet),
        }
        self.lds_size = text.directives.get("group_segment_fixed_size", 0) + dynamic_lds
        self.cost = Cost()
        self.unwritten: EmulationFault | None = None
        """The first read of never-written bytes."""


class WorkgroupMachine(Machine):
    """A machine for `groups` whole workgroups of a launch, with their LDS and scratch."""

    def __init__(self, launch: Launch, groups: int) -> None:
        geometry = launch.geometry
        waves = groups * geometry.group_waves
        super().__init__(waves, launch.lanes, geometry.wave, launch.seed)
        self.launch, self.groups = launch, groups
        self.memory, self.cost = launch.memory, launch.cost
        self.local = LocalMemory(groups, geometry.group_waves, launch.lds_size, launch.seed)
        private = launch.code.text.directives.get("private_segment_fixed_size", 0)
        self.scratch = Scratch(waves, launch.lanes, private, launch.seed)
        self._begin(0)
        self._look_for_unwritten(launch.unwritten is None)
        self.materialise(launch.code.context.slots, launch.code.needed)

    def start(self, first: int) -> None:
        """Make ready for the workgroups from number `first` on."""
        launch = self.launch
        self._begin(first)
        self.local.reset()
        self.scratch.reset()
        arch, directives = launch.code.context.arch, launch.code.text.directives
        initialise(self, arch, directives, launch.geometry, first, launch.pointers)

    def tickets_of(self, lanes: Any) -> Ticket:
        """Who accesses memory: the waves of the lanes with these flat numbers (None: all)."""
        return self.tickets if lanes is None else self.tickets[lanes // self.lanes, 0]

    def _begin(self, first: int) -> None:
        self.first = first
        self.tickets = tickets(first * self.launch.geometry.group_waves, self.waves)

    def note_unwritten(self, fault: EmulationFault) -> None:
        """Keep the first read of never-written bytes and look for no more of them."""
        self.launch.unwritten = self.launch.unwritten or fault
        self._look_for_unwritten(False)

    def fault(self, kind: Any, ins: Instruction, lane: int, what: str) -> EmulationFault:
        """A fault of lane number `lane` of the machine at an instruction."""
        wave, geometry, code = lane // self.lanes, self.launch.geometry, self.launch.code
        x, y, z = geometry.group_id(self.first + wave // geometry.group_waves)
        return EmulationFault(
            kind,
            f"{what}: {ins.text!r} in kernel {code.symbol} ({code.place(ins)}), lane {lane % self.lanes} of wave "
            f"{wave % geometry.group_waves} in workgroup ({x}, {y}, {z})",
        )

    def _look_for_unwritten(self, look: bool) -> None:
        self.memory.checks_written = self.local.checks_written = self.scratch.checks_written = look
