"""Evaluates a program for all threads at once on numpy arrays, with one mask of running threads per construct."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.fuzz import tree
from tests.fuzz.inputs import Inputs
from tests.fuzz.kinds import BOOL, F32, I32, U16, U32, U64, Array, Kind
from tests.fuzz.source import INPUT_BYTES, buffer_of
from tests.fuzz.tree import ARRAY_LENGTH, PRIVATE_BYTES, Expression, Program, Statement

Mask = NDArray[np.bool_]
Numbers = Any  # numpy arrays whose element type the program fixes

_PARAMETERS = {"p0": U32, "p1": I32, "p2": U64, "p3": F32, "p4": U16}


@dataclass
class Machine:
    """The state of all threads. Arrays are indexed by thread; `memory` holds the output buffers."""

    program: Program
    wave: int
    inputs: dict[str, Array]
    memory: dict[str, Numbers]
    values: dict[str, Numbers] = field(default_factory=dict)
    left: list[Mask] = field(default_factory=list)
    """Per open loop: threads that broke out of it."""

    def __post_init__(self) -> None:
        shape = self.program.shape
        self.threads = shape.threads * shape.grid
        thread = np.arange(self.threads)
        self.group, self.tid = thread // shape.threads, thread % shape.threads
        self.first = thread - self.tid % self.wave
        """Global number of the first thread of the own wave."""
        self.end = np.minimum(self.first + self.wave, (self.group + 1) * shape.threads)
        self.wave_lane = self.tid % self.wave

    def source(self, lane: Numbers, mask: Mask) -> tuple[Numbers, Mask]:
        """Thread that a lane number of the own wave means, and whether it exists and runs."""
        thread = self.first + lane
        present = (lane >= 0) & (thread < self.end)
        thread = np.where(present, thread, 0)
        return thread, present & mask[thread]


def full(kind: Kind, threads: int, value: Numbers) -> Numbers:
    """The same value for every thread."""
    shape = (threads, kind.elements) if kind.is_vector else (threads,)
    return np.full(shape, value, kind.dtype)


def _spread(mask: Mask, like: Numbers) -> Mask:
    return mask[:, None] if like.ndim == 2 else mask


def _gather(raw: Array, offsets: Numbers, kind: Kind) -> Numbers:
    """Values of `kind` at byte offsets of a byte array."""
    rows = raw[offsets[:, None] + np.arange(kind.size)]
    values = np.ascontiguousarray(rows).view(kind.dtype)
    return values if kind.is_vector else values[:, 0]


@singledispatch
def value(node: Expression, machine: Machine) -> Numbers:
    """Value of an expression for every thread."""
    raise TypeError(node)


@value.register
def _(node: tree.Constant, machine: Machine) -> Numbers:
    if node.kind == BOOL:
        return full(BOOL, machine.threads, bool(node.bits))
    bits = np.array([node.bits], node.kind.unsigned)
    return full(node.kind, machine.threads, bits.view(node.kind.dtype)[0])


@value.register
def _(node: tree.Variable, machine: Machine) -> Numbers:
    return machine.values[node.name]


@value.register
def _(node: tree.Apply, machine: Machine) -> Numbers:
    operation = node.operation
    arguments = [value(a, machine) for a in node.arguments]
    if operation.name == "select" and operation.result.is_vector:
        arguments[0] = arguments[0][:, None]
    result = np.asarray(operation.evaluate(*arguments))
    assert result.dtype == operation.result.dtype, (operation.name, operation.result.name, result.dtype)
    return result


@value.register
def _(node: tree.Load, machine: Machine) -> Numbers:
    index, kind = value(node.index, machine).astype(np.int64), node.kind
    raw = machine.inputs[buffer_of(kind)].view(np.uint8)
    if node.aligned:
        return _gather(raw, (index & (INPUT_BYTES // kind.size - 1)) * kind.size, kind)
    return _gather(raw, index & (INPUT_BYTES - 1), kind)


@value.register
def _(node: tree.ArrayRead, machine: Machine) -> Numbers:
    index = value(node.index, machine) & (ARRAY_LENGTH - 1)
    return machine.values[node.name][np.arange(machine.threads), index].copy()


@singledispatch
def execute(node: Statement, machine: Machine, mask: Mask) -> Mask:
    """Run a statement for the threads of `mask`; returns those that go on to the next statement."""
    raise TypeError(node)


def execute_all(body: tuple[Statement, ...], machine: Machine, mask: Mask) -> Mask:
    """Run statements in order."""
    for node in body:
        mask = execute(node, machine, mask)
    return mask


@execute.register
def _(node: tree.Let, machine: Machine, mask: Mask) -> Mask:
    machine.values[node.name] = value(node.value, machine)
    return mask


@execute.register
def _(node: tree.Assign, machine: Machine, mask: Mask) -> Mask:
    new = value(node.value, machine)
    machine.values[node.name] = np.where(_spread(mask, new), new, machine.values[node.name])
    return mask


@execute.register
def _(node: tree.If, machine: Machine, mask: Mask) -> Mask:
    condition = value(node.condition, machine)
    then = execute_all(node.then, machine, mask & condition)
    otherwise = execute_all(node.otherwise, machine, mask & ~condition)
    return then | otherwise


@execute.register
def _(node: tree.Switch, machine: Machine, mask: Mask) -> Mask:
    number = value(node.selector, machine) % len(node.cases)
    parts = [execute_all(body, machine, mask & (number == i)) for i, body in enumerate(node.cases)]
    return np.logical_or.reduce(parts)


@execute.register
def _(node: tree.Loop, machine: Machine, mask: Mask) -> Mask:
    count = value(node.count, machine) & 7
    machine.left.append(np.zeros_like(mask))
    for i in range(8):
        running = mask & (i < count) & ~machine.left[-1]
        if not running.any():
            break
        machine.values[node.counter] = full(U32, machine.threads, i)
        execute_all(node.body, machine, running)
    machine.left.pop()
    return mask


@execute.register
def _(node: tree.Leave, machine: Machine, mask: Mask) -> Mask:
    leaving = mask & value(node.condition, machine)
    if node.how == "break":
        machine.left[-1] |= leaving
    return mask & ~leaving


def _private(machine: Machine, offset: Expression, size: int) -> Numbers:
    """Byte positions in `out`: shape (threads, size)."""
    start = np.arange(machine.threads) * machine.program.bytes_per_thread
    return (start + (value(offset, machine) & 15))[:, None] + np.arange(size)


@execute.register
def _(node: tree.Store, machine: Machine, mask: Mask) -> Mask:
    raw = np.ascontiguousarray(value(node.value, machine)).view(np.uint8).reshape(machine.threads, -1)
    where = _private(machine, node.offset, node.value.kind.size)
    machine.memory["out"][where[mask]] = raw[mask]
    return mask


@execute.register
def _(node: tree.ReadBack, machine: Machine, mask: Mask) -> Mask:
    where = _private(machine, node.offset, 1)[:, 0]
    machine.values[node.name] = _gather(machine.memory["out"], where, node.kind)
    return mask


@execute.register
def _(node: tree.ArrayDeclare, machine: Machine, mask: Mask) -> Mask:
    machine.values[node.name] = np.stack([value(v, machine) for v in node.values], axis=1)
    return mask


@execute.register
def _(node: tree.ArrayWrite, machine: Machine, mask: Mask) -> Mask:
    index = value(node.index, machine) & (ARRAY_LENGTH - 1)
    new = value(node.value, machine)
    machine.values[node.name][np.flatnonzero(mask), index[mask]] = new[mask]
    return mask


@execute.register
def _(node: tree.Shuffle, machine: Machine, mask: Mask) -> Mask:
    data, width = value(node.value, machine), node.width
    lane = (machine.wave_lane & ~(width - 1)) | (value(node.source, machine) & (width - 1))
    thread, present = machine.source(lane, mask)
    machine.values[node.name] = np.where(_spread(present, data), data[thread], np.zeros_like(data))
    return mask


_DPP_LANE: dict[str, Callable[[Numbers, int], Numbers]] = {
    "quad_perm": lambda i, n: (i & ~3) | (n >> 2 * (i & 3) & 3),
    "row_shl": lambda i, n: np.where((i & 15) + n < 16, i + n, -1),
    "row_shr": lambda i, n: np.where((i & 15) >= n, i - n, -1),
    "row_ror": lambda i, n: (i & ~15) | (i - n & 15),
    "row_mirror": lambda i, n: i ^ 15,
    "row_half_mirror": lambda i, n: i ^ 7,
}


@execute.register
def _(node: tree.Dpp, machine: Machine, mask: Mask) -> Mask:
    data, old = value(node.value, machine), value(node.old, machine)
    thread, present = machine.source(_DPP_LANE[node.control](machine.wave_lane, node.amount), mask)
    machine.values[node.name] = np.where(present, data[thread], np.uint32(0) if node.zero else old)
    return mask


@execute.register
def _(node: tree.Wave, machine: Machine, mask: Mask) -> Mask:
    data = value(node.value, machine)
    result = full(node.kind, machine.threads, 0)
    for first in np.unique(machine.first[mask]):
        wave = slice(first, machine.end[first])
        result[wave] = _WAVE[node.how](data[wave], mask[wave])
    machine.values[node.name] = result
    return mask


_WAVE: dict[str, Callable[[Numbers, Mask], Numbers]] = {
    "ballot": lambda data, mask: sum(1 << int(i) for i in np.flatnonzero(data & mask)),
    "first": lambda data, mask: data[np.argmax(mask)],
    "below": lambda data, mask: np.cumsum(data & mask) - (data & mask),
}


@execute.register
def _(node: tree.Exchange, machine: Machine, mask: Mask) -> Mask:
    threads = machine.program.shape.threads
    slot = machine.group * threads + value(node.index, machine) % threads
    machine.values[node.name] = value(node.value, machine)[slot]
    return mask


_ATOMIC: dict[str, Callable[[Numbers, Numbers], Numbers]] = {
    "add": lambda old, new: old + new,
    "sub": lambda old, new: old - new,
    "and": lambda old, new: old & new,
    "or": lambda old, new: old | new,
    "xor": lambda old, new: old ^ new,
    "min": np.minimum,
    "max": np.maximum,
    "swap": lambda old, new: new,
    "swap_if": lambda old, new: np.where((new & 1 == 1) | (old == new), new, old),
}


@execute.register
def _(node: tree.Accumulate, machine: Machine, mask: Mask) -> Mask:
    new = value(node.value, machine)
    words, function = machine.memory["words"], _ATOMIC[node.function]
    for thread in np.flatnonzero(mask):
        place = node.slot if node.where == "global" else 8 + 8 * machine.group[thread] + node.slot
        words[place : place + 1] = function(words[place : place + 1], new[thread])
    return mask


@execute.register
def _(node: tree.Fetch, machine: Machine, mask: Mask) -> Mask:
    kind = node.value.kind
    own = machine.memory[f"own{kind.bits}"]
    machine.values[node.name] = own.copy()
    own[mask] = _ATOMIC[node.function](own, value(node.value, machine))[mask]
    return mask


def _start(program: Program, inputs: Inputs, wave: int) -> Machine:
    names = ("out", "words", "own32", "own64")
    memory: dict[str, Numbers] = {name: inputs.buffers[name].copy() for name in names}
    sums = np.arange(1, 9, dtype=np.uint32) * np.uint32(0x12345679)
    memory["words"][8:] = np.tile(sums, program.shape.grid)
    machine = Machine(program, wave, inputs.buffers, memory)
    for name, kind in _PARAMETERS.items():
        machine.values[name] = full(kind, machine.threads, inputs.scalars[name][0])
    for name, numbers in (("tid", machine.tid), ("group", machine.group), ("lane", machine.tid & 31)):
        machine.values[name] = numbers.astype(np.uint32)
    shape = program.shape
    machine.values["width"] = full(U32, machine.threads, shape.block[0])
    machine.values["items"] = full(U32, machine.threads, shape.block[0] * shape.grid)
    machine.values["gid"] = np.arange(machine.threads, dtype=np.uint32)
    return machine


def _quiet(kind: Kind, data: Numbers) -> Numbers:
    """Bits as `store_result` writes them: one pattern for all NaNs."""
    return np.where(np.isnan(data), kind.dtype.type(np.nan), data) if kind.is_float else data


def expected(program: Program, inputs: Inputs, wave: int) -> dict[str, Array]:
    """Contents of the written buffers afterwards, on a device with `wave` lanes."""
    machine = _start(program, inputs, wave)
    with np.errstate(all="ignore"):
        execute_all(program.body, machine, np.ones(machine.threads, np.bool_))
    rows = machine.memory["out"].reshape(machine.threads, -1)
    for i, variable in enumerate(program.results):
        data = np.ascontiguousarray(_quiet(variable.kind, machine.values[variable.name]))
        raw = data.view(np.uint8).reshape(machine.threads, -1)
        start = PRIVATE_BYTES + 16 * i
        rows[:, start : start + raw.shape[1]] = raw
    return machine.memory
