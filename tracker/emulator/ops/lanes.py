"""Operations between lanes, between lanes and scalar registers, and on EXEC."""

from typing import Any

import numpy as np

from tracker.emulator import targets
from tracker.emulator.bind import Context, Step, assemble, bind, read_all
from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.instruction import EXEC, Instruction, Operand, operand
from tracker.emulator.machine import MACHINE, MASK, WAVES, Rows, UpperHalfNeededError
from tracker.emulator.operation import OPERATIONS
from tracker.emulator.ops.addresses import check_modifiers, offset_of
from tracker.emulator.ops.special import binder
from tracker.emulator.sources import fetch, read

_U32 = np.uint32


def bind_cmpx(context: Context, ins: Instruction, guard: int | None) -> Step:
    """EXEC = EXEC & comparison; on gfx9 the text also names a scalar destination that receives the same bits."""
    compare = OPERATIONS.get(ins.name.replace("v_cmpx", "v_cmp", 1))
    if compare is None:
        raise UnknownInstructionError("the emulator does not know this comparison")
    compare = context.float_mode.adapt(ins.name, compare)
    operands = [operand(token) for token in ins.operands]
    named = len(operands) > len(compare.sources)
    sources = operands if named else [Operand("s", EXEC), *operands]
    reads = read_all(context, compare, sources)
    out = targets.lane_mask(context.slots, Operand("s", EXEC), context.wave, guard)
    narrow = assemble(compare.function, reads, [out], guard)
    if not named:
        return narrow
    note = bind(context, ins, compare, guard)

    def both(r: Rows) -> None:
        # EXEC keeps its old bits in the lane mask until the scheduler takes the new ones over.
        note(r)
        narrow(r)

    return both


def _scalar_target(context: Context, token: Operand) -> Any:
    """A writer of one value per wave into a scalar register, for the running waves."""
    slot = context.slots("s", token.index, "<u4")

    def write(r: Rows, values: Any) -> None:
        np.putmask(r[slot], r[WAVES], values)

    return write


@binder("v_readfirstlane_b32")
def _readfirstlane(context: Context, ins: Instruction, guard: int | None) -> Step:
    """The value of the first active lane (of lane 0 if there is none)."""
    check_modifiers(ins, frozenset())
    get, write = fetch(read(context.slots, ins.operand(1), "u32")), _scalar_target(context, ins.operand(0))

    def step(r: Rows) -> None:
        values = np.broadcast_to(get(r), r[MASK].shape)
        if guard is None:
            write(r, values[:, 0])
            return
        first = np.argmax(r[guard], axis=1)
        write(r, values[np.arange(len(first)), first])

    return step


def _addressed(r: Rows, lane: Any, lanes: int) -> Any:
    """Lane numbers from a column of lane operands, one per wave."""
    chosen = lane[:, 0] & _U32(r[MACHINE].wave - 1)
    if lanes < r[MACHINE].wave and np.count_nonzero((chosen >= lanes) & r[WAVES][:, 0]):
        raise UpperHalfNeededError
    return np.minimum(chosen, lanes - 1)


@binder("v_readlane_b32")
def _readlane(context: Context, ins: Instruction, guard: int | None) -> Step:
    """The value of a given lane, active or not."""
    check_modifiers(ins, frozenset())
    get, write = fetch(read(context.slots, ins.operand(1), "u32")), _scalar_target(context, ins.operand(0))
    lane = fetch(read(context.slots, ins.operand(2), "u32"))

    def step(r: Rows) -> None:
        values = get(r)
        waves, lanes = values.shape
        chosen = _addressed(r, np.broadcast_to(lane(r), (waves, 1)), lanes)
        write(r, values[np.arange(waves), chosen])

    return step


@binder("v_writelane_b32")
def _writelane(context: Context, ins: Instruction, guard: int | None) -> Step:
    """Write one lane of a register, whatever EXEC says."""
    check_modifiers(ins, frozenset())
    slot = context.slots("v", ins.operand(0).index, "<u4")
    value, lane = fetch(read(context.slots, ins.operand(1), "u32")), fetch(read(context.slots, ins.operand(2), "u32"))

    def step(r: Rows) -> None:
        target = r[slot]
        waves = target.shape[0]
        running = np.flatnonzero(r[WAVES])
        lanes = _addressed(r, np.broadcast_to(lane(r), (waves, 1)), target.shape[1])[running]
        target[running, lanes] = np.broadcast_to(value(r), (waves, 1))[running, 0]

    return step


@binder("ds_bpermute_b32")
def _bpermute(context: Context, ins: Instruction, guard: int | None) -> Step:
    """Each active lane fetches the data of lane (address + offset) / 4; 0 from an inactive one."""
    check_modifiers(ins, frozenset({"offset"}))
    slots, offset = context.slots, _U32(offset_of(ins))
    address, data = fetch(read(slots, ins.operand(1), "u32")), fetch(read(slots, ins.operand(2), "u32"))
    row = slots("v", ins.operand(0).index, "<u4")

    def step(r: Rows) -> None:
        values = data(r)
        shape = r[row].shape
        lane = np.broadcast_to(((address(r) + offset) >> _U32(2)) & _U32(r[MACHINE].wave - 1), shape)
        _exchange(r, row, guard, np.broadcast_to(values, shape), lane)

    return step


def _exchange(r: Rows, row: int, guard: int | None, values: Any, lane: Any) -> None:
    """row[lane i] = values[lane[i]] for active lanes; 0 where the source lane is inactive or beyond the machine's."""
    waves, lanes = values.shape
    index = lane.astype(np.intp)
    beyond = None
    if lanes < r[MACHINE].wave:
        beyond = index >= lanes
        index &= lanes - 1
    index += (np.arange(waves) * lanes)[:, None]
    got = values.reshape(-1).take(index)
    if beyond is not None:
        got[beyond] = 0
    if guard is None:
        np.copyto(r[row], got)
        return
    active = r[guard]
    got *= active.reshape(-1).take(index)
    np.putmask(r[row], active, got)


@binder("ds_permute_b32")
def _permute(context: Context, ins: Instruction, guard: int | None) -> Step:
    """Each active lane sends its data to lane (address + offset) / 4; lanes that get nothing read 0."""
    check_modifiers(ins, frozenset({"offset"}))
    slots, offset = context.slots, _U32(offset_of(ins))
    address, data = fetch(read(slots, ins.operand(1), "u32")), fetch(read(slots, ins.operand(2), "u32"))
    row = slots("v", ins.operand(0).index, "<u4")

    def step(r: Rows) -> None:
        active = np.ones_like(r[MASK]) if guard is None else r[guard]
        shape = active.shape
        lane = np.broadcast_to(((address(r) + offset) >> _U32(2)) & _U32(r[MACHINE].wave - 1), shape)
        values = np.broadcast_to(data(r), shape)
        got = np.zeros(shape, _U32)
        where = np.nonzero(active & (lane < shape[1]))
        got[where[0], lane[where]] = values[where]
        np.putmask(r[row], active, got)

    return step


def _define_swizzle() -> None:
    def swizzle(context: Context, ins: Instruction, guard: int | None) -> Step:
        """A fixed exchange within 32 lanes (bit mask mode) or 4 lanes (quad mode)."""
        check_modifiers(ins, frozenset({"offset"}))
        pattern = swizzle_pattern(ins.modifiers.get("offset", "0"))
        data = fetch(read(context.slots, ins.operand(1), "u32"))
        row = context.slots("v", ins.operand(0).index, "<u4")

        def step(r: Rows) -> None:
            shape = r[row].shape
            lane = np.broadcast_to(pattern(np.arange(shape[1])), shape)
            _exchange(r, row, guard, np.broadcast_to(data(r), shape), lane)

        return step

    binder("ds_swizzle_b32")(swizzle)


def swizzle_pattern(text: str) -> Any:
    """Lane numbers to source lane numbers for a ds_swizzle offset, as a number or in its symbolic forms."""
    number = _symbolic_swizzle(text) if text.startswith("swizzle(") else int(text, 0)
    if number & 0x8000:
        if number & 0x6000:
            raise UnknownInstructionError(f"offset:{text}")
        return lambda lane: (lane & ~3) + ((number >> (2 * (lane & 3))) & 3)
    keep, fill, flip = number & 31, (number >> 5) & 31, (number >> 10) & 31
    return lambda lane: (lane & ~31) | ((((lane & 31) & keep) | fill) ^ flip)


def _symbolic_swizzle(text: str) -> int:
    kind, *rest = text.removeprefix("swizzle(").rstrip(")").split(",")
    if kind == "QUAD_PERM":
        return 0x8000 | sum(int(v) << (2 * k) for k, v in enumerate(rest))
    if kind == "SWAP":
        return 0x1F | (int(rest[0]) << 10)
    if kind == "REVERSE":
        return 0x1F | ((int(rest[0]) - 1) << 10)
    if kind == "BROADCAST":
        return (32 - int(rest[0])) | (int(rest[1]) << 5)
    if kind == "BITMASK_PERM":
        return _bitmask_perm(rest[0].strip('"'))
    raise UnknownInstructionError(f"offset:{text}")


def _bitmask_perm(mask: str) -> int:
    keep = fill = flip = 0
    for letter in mask:
        keep, fill, flip = keep << 1, fill << 1, flip << 1
        keep |= letter in "pi"
        fill |= letter == "1"
        flip |= letter == "i"
    return keep | (fill << 5) | (flip << 10)


_define_swizzle()


def _permlane16(cross: bool) -> Any:
    def bind_permlane(context: Context, ins: Instruction, guard: int | None) -> Step:
        """Lanes of a row fetch from lanes of the same row (the other row if crossing) named by 4-bit fields of two
        scalars. op_sel:[1,·] reads inactive lanes too, op_sel:[·,1] gives 0 instead of the old value."""
        check_modifiers(ins, frozenset({"op_sel"}))
        flags = [int(f) for f in ins.modifiers.get("op_sel", "[0,0]").strip("[]").split(",")]
        slots, row = context.slots, context.slots("v", ins.operand(0).index, "<u4")
        data = fetch(read(slots, ins.operand(1), "u32"))
        low, high = (fetch(read(slots, ins.operand(n), "u32")) for n in (2, 3))

        def step(r: Rows) -> None:
            shape = r[row].shape
            lane = np.arange(shape[1])
            field = np.where((lane & 15) < 8, low(r), high(r)) >> (4 * (lane & 7)).astype(_U32)
            index = ((lane & ~15) ^ (16 if cross else 0)) + (field & _U32(15)).astype(np.intp)
            active = np.ones_like(r[MASK]) if guard is None else r[guard]
            index = np.broadcast_to(index, shape)
            good = np.take_along_axis(active, index, 1) | bool(flags[0])
            got = np.take_along_axis(np.broadcast_to(data(r), shape), index, 1)
            got = np.where(good, got, _U32(0) if flags[1] else r[row])
            np.putmask(r[row], active, got)

        return step

    return bind_permlane


binder("v_permlane16_b32")(_permlane16(False))
binder("v_permlanex16_b32")(_permlane16(True))


@binder("v_permlane64_b32")
def _permlane64(context: Context, ins: Instruction, guard: int | None) -> Step:
    """The two halves of a 64-lane wave exchange; nothing happens on 32 lanes."""
    check_modifiers(ins, frozenset())
    row, data = context.slots("v", ins.operand(0).index, "<u4"), fetch(read(context.slots, ins.operand(1), "u32"))

    def step(r: Rows) -> None:
        shape = r[row].shape
        index = np.arange(shape[1]) ^ (32 if shape[1] == 64 else 0)
        got = np.broadcast_to(data(r), shape)[:, index]
        np.putmask(r[row], True if guard is None else r[guard], got)

    return step
