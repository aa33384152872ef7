"""Loads and stores of every kind of memory, bound in their own ways (their operands are not arrays in, array out)."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tracker.emulator.bind import Context, Step
from tracker.emulator.instruction import Instruction, Operand
from tracker.emulator.machine import MACHINE, Rows
from tracker.emulator.memory import AccessError
from tracker.emulator.ops.addresses import (
    Positions,
    check_modifiers,
    global_positions,
    is_nothing,
    lds_addresses,
    offset_of,
    scratch_positions,
)
from tracker.emulator.ops.flat import GLOBAL, PRIVATE, SHARED, bind_flat, spaces
from tracker.emulator.sources import fetch, read

_NAME = re.compile(
    r"(?P<space>global|flat|scratch|buffer|ds)_(?P<verb>load|store)_(?:(?P<two>2addr)_(?P<stride>stride64_)?)?"
    r"(?:d16_(?P<hi>hi_)?)?(?P<type>[bui])(?P<bits>\d+)(?P<d16>_d16)?(?P<d16hi>_hi)?$"
)


class Access(NamedTuple):
    """What a memory instruction moves. `half`: None, or the register half of a 16-bit destination or source."""

    space: str
    loads: bool
    size: int
    signed: bool
    half: int | None
    pairs: bool
    unit: int


def parse_access(name: str) -> Access | None:
    """Read a normalised mnemonic; None when it is no plain load or store."""
    match = _NAME.match(name)
    if not match:
        return None
    d16 = "d16" in name
    high = bool(match["hi"] or match["d16hi"])
    size = int(match["bits"]) // 8
    unit = size * 64 if match["stride"] else size
    half = int(high) if d16 else None
    return Access(match["space"], match["verb"] == "load", size, match["type"] == "i", half, bool(match["two"]), unit)


def bind_access(context: Context, ins: Instruction, access: Access, guard: int | None) -> Step:
    """The step of a load or store."""
    if access.space == "ds":
        return _bind_lds(context, ins, access, guard)
    if access.space == "flat":
        return _bind_flat(context, ins, access, guard)
    return (
        _bind_scratch(context, ins, access, guard) if _is_scratch(access) else _bind_global(context, ins, access, guard)
    )


def _bind_flat(context: Context, ins: Instruction, access: Access, guard: int | None) -> Step:
    plain = _bind_global(context, ins, access, guard)
    address, value = (ins.operand(n) for n in ((1, 0) if access.loads else (0, 1)))
    masks, offset = spaces(context), offset_of(ins)
    low = fetch(read(context.slots, address, "u32"))
    inside = scratch_positions(context, ins, [replace(address, count=1)], None, signed=False)
    parts = [_bind_global(context, ins, access, masks[GLOBAL])]
    if access.loads:
        write = result_writer(context, value, access)
        parts.append(_lds_load(ins, access.size, masks[SHARED], low, [np.uint32(offset)], write))
        parts.append(_scratch_load(ins, access, masks[PRIVATE], inside, write))
    else:
        data = data_reader(context, value, access)
        parts.append(_lds_store(ins, access.size, masks[SHARED], low, [np.uint32(offset)], [data]))
        parts.append(_scratch_store(ins, access, masks[PRIVATE], inside, data))
    return bind_flat(context, address, plain, parts, guard)


def _is_scratch(access: Access) -> bool:
    return access.space in ("scratch", "buffer")


def chosen(r: Rows, guard: int | None) -> Any:
    """Flat numbers of the lanes to serve; None for all."""
    return None if guard is None else np.flatnonzero(r[guard])


def _select(at: Any, lanes: Any) -> Any:
    return at if lanes is None else at.reshape(-1).take(lanes)


def failed(r: Rows, ins: Instruction, error: AccessError, lanes: Any) -> Exception:
    """The fault for an access error; `lanes` as from `chosen`."""
    lane = error.element if lanes is None else int(lanes[error.element])
    return r[MACHINE].fault(error.kind, ins, lane, error.what)  # type: ignore[no-any-return]


def loaded(r: Rows, ins: Instruction, lanes: Any, load: Callable[[], list[Any]]) -> list[Any]:
    """The result of `load()`. A read of never-written bytes is noted for the end of the run, when it shows whether it
    mattered; another access error becomes a fault."""
    try:
        return load()
    except AccessError as error:
        fault = failed(r, ins, error, lanes)
        if error.kind != "uninitialised read":
            raise fault from None
        r[MACHINE].note_unwritten(fault)
        return load()


def result_writer(context: Context, operand: Operand, access: Access) -> Callable[[Rows, Any, list[Any]], None]:
    """Puts loaded words into the destination registers of the chosen lanes."""
    half = access.half if access.half is not None else operand.half
    if half is not None:
        return _half_writer(context.slots("h", 2 * operand.index + half, "<u2"), access)
    count = max(access.size // 4, 1) * (2 if access.pairs else 1)
    slots = [context.slots("v", operand.index + k, "<u4") for k in range(count)]
    if access.size < 4:
        return _small_writer(slots[0], access)

    def write(r: Rows, lanes: Any, words: list[Any]) -> None:
        for slot, word in zip(slots, words, strict=True):
            if lanes is None:
                np.copyto(r[slot], word.reshape(r[slot].shape))
            else:
                r[slot].reshape(-1)[lanes] = word

    return write


def _extended(word: Any, access: Access) -> Any:
    """Sign extend 8 or 16 bits when the access says so."""
    if not access.signed:
        return word
    shift = np.int32(32 - 8 * access.size)
    return ((word.view(np.int32) << shift) >> shift).view(np.uint32)


def _small_writer(slot: int, access: Access) -> Callable[[Rows, Any, list[Any]], None]:
    def write(r: Rows, lanes: Any, words: list[Any]) -> None:
        word = _extended(words[0], access)
        if lanes is None:
            np.copyto(r[slot], word.reshape(r[slot].shape))
        else:
            r[slot].reshape(-1)[lanes] = word

    return write


def _half_writer(slot: int, access: Access) -> Callable[[Rows, Any, list[Any]], None]:
    def write(r: Rows, lanes: Any, words: list[Any]) -> None:
        word = _extended(words[0], access).astype(np.uint16)
        target = r[slot]
        if lanes is None:
            np.copyto(target, word.reshape(target.shape))
        else:
            target[np.unravel_index(lanes, target.shape)] = word

    return write


def data_reader(context: Context, operand: Operand, access: Access) -> Callable[[Rows, Any], list[Any]]:
    """Gets the words to store of the chosen lanes."""
    half = access.half if access.half is not None else operand.half
    if half is not None:
        slots = [context.slots("h", 2 * operand.index + half, "<u2")]
    else:
        slots = [context.slots("v", operand.index + k, "<u4") for k in range(max(access.size // 4, 1))]

    def words(r: Rows, lanes: Any) -> list[Any]:
        found = [r[slot] if lanes is None else r[slot].reshape(-1).take(lanes) for slot in slots]
        return [word.astype(np.uint32) for word in found] if half is not None else found

    return words


def _bind_global(context: Context, ins: Instruction, access: Access, guard: int | None) -> Step:
    check_modifiers(ins, frozenset({"offset"}))
    first, second = (1, 0) if access.loads else (0, 1)
    base = ins.operand(2) if access.space == "global" else None
    positions = global_positions(context, ins, ins.operand(first), base)
    if access.loads:
        return _global_load(ins, access, guard, positions, result_writer(context, ins.operand(second), access))
    return _global_store(ins, access, guard, positions, data_reader(context, ins.operand(second), access))


def _global_load(ins: Instruction, access: Access, guard: int | None, positions: Positions, write: Any) -> Step:
    size = access.size

    def step(r: Rows) -> None:
        lanes = chosen(r, guard)
        if lanes is not None and not lanes.size:
            return
        machine = r[MACHINE]
        at = _select(positions(r), lanes)
        words = loaded(r, ins, lanes, partial(machine.memory.load, at, size, machine.tickets_of(lanes)))
        machine.cost.global_access(ins, at, lanes, size, machine)
        write(r, lanes, words)

    return step


def _global_store(ins: Instruction, access: Access, guard: int | None, positions: Positions, data: Any) -> Step:
    size = access.size

    def step(r: Rows) -> None:
        lanes = chosen(r, guard)
        if lanes is not None and not lanes.size:
            return
        machine = r[MACHINE]
        at = _select(positions(r), lanes)
        try:
            machine.memory.store(at, size, data(r, lanes), machine.tickets_of(lanes))
        except AccessError as error:
            raise failed(r, ins, error, lanes) from None
        machine.cost.global_access(ins, at, lanes, size, machine)

    return step


def _bind_lds(context: Context, ins: Instruction, access: Access, guard: int | None) -> Step:
    check_modifiers(ins, frozenset({"offset0", "offset1"} if access.pairs else {"offset"}))
    keys = ("offset0", "offset1") if access.pairs else ("offset",)
    scale = access.unit if access.pairs else 1
    offsets = [np.uint32(offset_of(ins, key) * scale) for key in keys]
    positions = lds_addresses(context, ins)
    if access.loads:
        return _lds_load(ins, access.size, guard, positions, offsets, result_writer(context, ins.operand(0), access))
    single = access._replace(pairs=False)
    data = [data_reader(context, ins.operand(1 + k), single) for k in range(len(keys))]
    return _lds_store(ins, access.size, guard, positions, offsets, data)


def lds_place(r: Rows, ins: Instruction, lanes: Any, at: Any, size: int) -> tuple[Any, Any]:
    """Positions in the machine's LDS and the waves they belong to, for the chosen lanes, after the bounds check."""
    machine = r[MACHINE]
    local = machine.local
    picked = _select(at, lanes).astype(np.int64)
    if int(picked.max()) + size > local.size:
        element = int(np.argmax(picked + size > local.size))
        what = f"{size} bytes at offset {int(picked.flat[element])} of LDS ({local.size} bytes)"
        raise failed(r, ins, AccessError(element, "out of bounds", what), lanes)
    machine.cost.lds_access(ins, picked, lanes, size, machine)
    if lanes is None:
        return picked + local.base, local.wave
    waves = lanes // machine.lanes
    return picked + local.base[waves, 0], waves


def _lds_load(ins: Instruction, size: int, guard: int | None, positions: Positions, offsets: Any, write: Any) -> Step:
    def step(r: Rows) -> None:
        lanes = chosen(r, guard)
        if lanes is not None and not lanes.size:
            return
        machine, words = r[MACHINE], []
        at = positions(r)
        for offset in offsets:
            place, waves = lds_place(r, ins, lanes, at + offset, size)
            words += loaded(r, ins, lanes, partial(machine.local.load, place, waves, size, ins))
        write(r, lanes, words)

    return step


def _lds_store(ins: Instruction, size: int, guard: int | None, positions: Positions, offsets: Any, data: Any) -> Step:
    def step(r: Rows) -> None:
        lanes = chosen(r, guard)
        if lanes is not None and not lanes.size:
            return
        machine = r[MACHINE]
        at = positions(r)
        for offset, words in zip(offsets, data, strict=True):
            place, waves = lds_place(r, ins, lanes, at + offset, size)
            machine.local.store(place, waves, size, words(r, lanes), ins)

    return step


def _bind_scratch(context: Context, ins: Instruction, access: Access, guard: int | None) -> Step:
    check_modifiers(ins, frozenset({"offset", "offen"}))
    data_first = access.loads or access.space == "buffer"
    data, address = (0, 1) if data_first else (1, 0)
    parts = [ins.operand(address), ins.operand(3 if access.space == "buffer" else 2)]
    # A buffer's scalar offset counts bytes of the whole wave, before the swizzle spreads them over its lanes.
    shared = parts.pop() if access.space == "buffer" else None
    positions, value = scratch_positions(context, ins, parts, shared), ins.operand(data)
    if access.loads:
        general = _scratch_load(ins, access, guard, positions, result_writer(context, value, access))
    else:
        general = _scratch_store(ins, access, guard, positions, data_reader(context, value, access))
    at = offset_of(ins)
    fixed = all(is_nothing(part) or part == Operand("int") for part in (*parts, *([shared] if shared else [])))
    if access.size < 4 or at % 4 or not fixed:
        return general
    slots = [context.slots("v", value.index + k, "<u4") for k in range(access.size // 4)]
    return _spilled(slots, at, access.size, guard, loads=access.loads, general=general)


def _scratch_place(at: Any, lanes: Any) -> Any:
    if isinstance(at, int):
        return at
    return at.reshape(-1) if lanes is None else at.reshape(-1).take(lanes)


def _scratch_load(ins: Instruction, access: Access, guard: int | None, positions: Positions, write: Any) -> Step:
    def step(r: Rows) -> None:
        lanes = chosen(r, guard)
        if lanes is not None and not lanes.size:
            return
        where = slice(None) if lanes is None else lanes
        load = partial(r[MACHINE].scratch.load, _scratch_place(positions(r), lanes), where, access.size)
        write(r, lanes, loaded(r, ins, lanes, load))

    return step


def _scratch_store(ins: Instruction, access: Access, guard: int | None, positions: Positions, data: Any) -> Step:
    def step(r: Rows) -> None:
        lanes = chosen(r, guard)
        if lanes is not None and not lanes.size:
            return
        where = slice(None) if lanes is None else lanes
        values = [word.reshape(-1) for word in data(r, lanes)]
        try:
            r[MACHINE].scratch.store(_scratch_place(positions(r), lanes), where, access.size, values)
        except AccessError as error:
            raise failed(r, ins, error, lanes) from None

    return step


def _spilled(slots: list[int], at: int, size: int, guard: int | None, *, loads: bool, general: Step) -> Step:
    """Whole registers at a fixed place that all lanes have written before, as compilers spill them."""
    putmask: Any = np.putmask

    def step(r: Rows) -> None:
        rows = r[MACHINE].scratch.rows(at, size)
        if rows is None:
            general(r)
            return
        for slot, row in zip(slots, rows, strict=True):
            target, source = (r[slot], row) if loads else (row, r[slot])
            if guard is None:
                np.copyto(target, source)
            else:
                putmask(target, r[guard], source)

    return step
