"""Runs the waves of a machine: those that stand at the same instruction together, the rearmost first.

Running the waves with the smallest program counter lets those that branched away be caught up with: where the branches
join, the waves do too.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tracker.emulator.code import FULL, LANES, Code, Segment
from tracker.emulator.code import WAVES as SOME_WAVES
from tracker.emulator.decode import writes_exec
from tracker.emulator.faults import EmulationFault
from tracker.emulator.instruction import EXEC, VCC, Instruction
from tracker.emulator.machine import SCC, WAVES
from tracker.emulator.ops.special import CODE_BASE
from tracker.emulator.races import Race
from tracker.emulator.workgroups import WorkgroupMachine

_NOBODY = 1 << 60
End = Callable[["Scheduler"], int]
"""What happens behind a segment; returns where the running waves go on, -1 if they do not."""


class Scheduler:
    """The waves of one machine, from the first instruction to the end of all."""

    def __init__(self, machine: WorkgroupMachine, code: Code, group_waves: int, step_limit: int) -> None:
        self.machine, self.code, self.group_waves, self.step_limit = machine, code, group_waves, step_limit
        everybody = np.ones((machine.waves, 1), bool)
        self.waiting = {0: everybody}
        self.alive = everybody.copy()
        self.parked = np.zeros(machine.waves, bool)
        self.parked_at = np.zeros(machine.waves, np.int64)
        self.first_exec = machine.exec.copy()
        self.running = 0
        self.mode = FULL
        self.limit = _NOBODY
        self.steps = 0

    def run(self) -> None:
        """Run every wave to its end. Raises EmulationFault."""
        while self.waiting:
            pc = min(self.waiting)
            self._switch(self.waiting.pop(pc))
            self._go(pc)
        if self.parked.any():
            self._divergence(int(np.argmax(self.parked)))
        self._report_race(self.machine.local.barrier(None))

    def update_mask(self) -> None:
        """EXEC or the set of running waves changed."""
        full = self.machine.update_mask(self.running == self.machine.waves)
        self.mode = FULL if full else LANES if self.running == self.machine.waves else SOME_WAVES

    def branch(self, condition: Any, target: int, following: int) -> int:
        """Send the running waves where `condition` (bool, per wave) holds to `target`, the others to `following`."""
        running = self.machine.rows[WAVES]
        taken = condition & running
        count = int(np.count_nonzero(taken))
        if count == 0:
            return following
        if count == self.running:
            return target
        self._wait(target, taken)
        self._wait(following, running & ~taken)
        return -1

    def jump(self, ins: Instruction, addresses: Any) -> int:
        """Send every running wave to its address."""
        running = self.machine.rows[WAVES]
        for address in np.unique(addresses[running]).tolist():
            place = (address - CODE_BASE) // 4
            if not self.code.has(place):
                raise self.code.unknown(ins, f"a jump to address 0x{address:x}")
            self._wait(place, running & (addresses == address))
        return -1

    def barrier(self, ins: Instruction, following: int) -> int:
        """The running waves arrive at a barrier."""
        machine = self.machine
        running = machine.rows[WAVES]
        self._check_whole(ins, running)
        here = running[:, 0]
        self.parked |= here
        self.parked_at[here] = following
        return self._release()

    def finish(self) -> int:
        """The running waves end."""
        self.alive &= ~self.machine.rows[WAVES]
        if self.parked.any():
            self._release()
        return -1

    def _go(self, pc: int) -> None:
        machine, code, rows = self.machine, self.code, self.machine.rows
        self.limit = min(self.waiting, default=_NOBODY)
        while pc >= 0:
            if pc >= self.limit:
                self._wait(pc, rows[WAVES])
                return
            segment = code.segments.get(pc) or code.segment(pc)
            steps = segment.steps[self.mode]
            if steps is None:
                steps = code.build(segment, self.mode)
                machine.materialise(code.context.slots, code.needed)
                segment.end = segment.end or _end(code, segment)
            segment.waves += self.running
            segment.lanes += machine.active
            for step in steps:
                step(rows)
            self.steps += segment.stop - segment.start
            if self.steps > self.step_limit:
                self._over_limit(segment)
            assert segment.end is not None
            pc = segment.end(self)

    def _switch(self, waves: Any) -> None:
        self.machine.rows[WAVES] = waves
        self.running = int(np.count_nonzero(waves))
        self.update_mask()

    def _wait(self, pc: int, waves: Any) -> None:
        others = self.waiting.get(pc)
        self.waiting[pc] = waves.copy() if others is None else others | waves
        self.limit = min(self.limit, pc)

    def _check_whole(self, ins: Instruction, running: Any) -> None:
        missing = (self.machine.exec ^ self.first_exec) * running
        if missing.any():
            wave = int(np.argmax(missing != 0))
            bits = int(missing[wave, 0])
            lane = (bits & -bits).bit_length() - 1
            what = "the wave reaches the barrier without this lane"
            raise self.machine.fault("barrier divergence", ins, wave * self.machine.lanes + lane, what)

    def _release(self) -> int:
        shape = (-1, self.group_waves)
        arrived = (self.parked | ~self.alive[:, 0]).reshape(shape).all(axis=1)
        complete = arrived & self.parked.reshape(shape).any(axis=1)
        if not complete.any():
            return -1
        members = np.repeat(complete, self.group_waves)
        self._check_same_barrier(members)
        self._report_race(self.machine.local.barrier(np.asarray(complete)))
        self.machine.tickets[members] += np.uint64(1)
        self.parked &= ~members
        pc = int(self.parked_at[np.argmax(members)])
        if (self.parked_at[members] == pc).all():
            self._wait(pc, members[:, None])
            return -1
        for place in np.unique(self.parked_at[members]):
            self._wait(int(place), (members & (self.parked_at == place))[:, None])
        return -1

    def _check_same_barrier(self, members: Any) -> None:
        ended = members & ~self.alive[:, 0]
        if ended.any():
            self._divergence(int(np.argmax(members & self.alive[:, 0])))
        places = np.where(members, self.parked_at, 0).reshape(-1, self.group_waves)
        apart = places != places[:, :1]
        if apart.any():
            self._divergence(int(np.argmax(apart.reshape(-1))))

    def _divergence(self, wave: int) -> None:
        ins = self.code.segment_before(int(self.parked_at[wave]))
        what = "other waves of the workgroup ended or wait at another barrier"
        raise self.machine.fault("barrier divergence", ins, wave * self.machine.lanes, what)

    def _report_race(self, race: Race | None) -> None:
        if race is None:
            return
        first, second = race.instructions
        offset, other = race.position % self.machine.local.stride, race.waves[1] % self.group_waves
        what = (
            f"byte {offset} of LDS is also accessed by wave {other} "
            f"({second.text!r}, {self.code.place(second)}) with no barrier between"
        )
        raise self.machine.fault("race", first, race.waves[0] * self.machine.lanes, what)

    def _over_limit(self, segment: Segment) -> None:
        raise EmulationFault(
            "step limit",
            f"kernel {self.code.symbol} issued more than {self.step_limit} instructions; it was at "
            f"{segment.last.text!r}, {self.code.place(segment.last)}",
        )


def _end(code: Code, segment: Segment) -> End:
    """What the last instruction of a segment does to the flow of control."""
    ins, following = segment.last, segment.stop
    if ins.name == "s_endpgm":
        return Scheduler.finish
    if ins.name == "s_barrier":
        return lambda s: s.barrier(ins, following)
    if ins.name == "s_branch":
        target = code.target(ins)
        return lambda s: target
    if ins.name == "s_setpc_b64":
        register = ins.operand(0).index
        return lambda s: s.jump(ins, s.machine.scalars[register >> 1].view(np.uint64))
    if ins.name.startswith("s_cbranch_"):
        return _conditional(code, ins, following)
    if writes_exec(ins):
        return lambda s: _after_exec(s, following)
    return lambda s: following


def _after_exec(scheduler: Scheduler, following: int) -> int:
    scheduler.update_mask()
    return following


def _conditional(code: Code, ins: Instruction, following: int) -> End:
    target = code.target(ins)
    register = EXEC if "exec" in ins.name else VCC
    kind = ins.name.removeprefix("s_cbranch_")
    if kind in ("scc0", "scc1"):
        wanted = kind == "scc1"
        return lambda s: s.branch(s.machine.rows[SCC] == wanted, target, following)
    if kind not in ("execz", "execnz", "vccz", "vccnz"):
        raise code.unknown(ins, "the emulator does not know this branch")
    wide = code.context.wave == 64
    zero = kind in ("execz", "vccz")

    def end(scheduler: Scheduler) -> int:
        machine = scheduler.machine
        value = machine.scalars[register >> 1].view(np.uint64) if wide else machine.scalar(register)
        return scheduler.branch((value == 0) == zero, target, following)

    return end
