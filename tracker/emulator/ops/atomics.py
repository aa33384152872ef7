"""Atomic read-modify-write operations on global memory and LDS. Lanes act one after another, in lane order."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tracker.emulator.bind import Context, Step
from tracker.emulator.instruction import Instruction
from tracker.emulator.machine import MACHINE, Rows
from tracker.emulator.memory import AccessError
from tracker.emulator.ops.addresses import check_modifiers, global_positions, lds_addresses, offset_of
from tracker.emulator.ops.flat import GLOBAL, PRIVATE, SHARED, bind_flat, spaces
from tracker.emulator.ops.memory import Access, chosen, data_reader, failed, lds_place, loaded, result_writer
from tracker.emulator.sources import fetch, read

_NAME = re.compile(r"(?P<space>global_atomic|flat_atomic|ds)_(?P<op>\w+)$")
_TYPED = re.compile(r"(?P<op>\w+?)(?:_num)?_(?P<type>[ubif]\d+|bf16)$")

# gfx9 and gfx10 leave the type of global atomics to the name of the operation.
_UNTYPED = {
    "add": "add_u", "sub": "sub_u", "smin": "min_i", "umin": "min_u", "smax": "max_i", "umax": "max_u", "and": "and_b",
    "or": "or_b", "xor": "xor_b", "inc": "inc_u", "dec": "dec_u", "swap": "swap_b", "cmpswap": "cmpswap_b",
    "fmin": "min_f", "fmax": "max_f", "csub": "sub_clamp_u",
}  # fmt: skip
_LDS_NAMES = {"wrxchg": "swap", "storexchg": "swap", "cmpst": "cmpswap", "cmpstore": "cmpswap"}
_DTYPES = {
    "u32": "<u4",
    "b32": "<u4",
    "i32": "<i4",
    "f32": "<f4",
    "u64": "<u8",
    "b64": "<u8",
    "i64": "<i8",
    "f64": "<f8",
}

Combine = Callable[[Any, Any, Any], Any]
"""(old value, operand, comparand) → new value."""

_COMBINE: dict[str, Combine] = {
    "add": lambda old, x, _: old + x,
    "sub": lambda old, x, _: old - x,
    "rsub": lambda old, x, _: x - old,
    "min": lambda old, x, _: np.fmin(old, x),
    "max": lambda old, x, _: np.fmax(old, x),
    "and": lambda old, x, _: old & x,
    "or": lambda old, x, _: old | x,
    "xor": lambda old, x, _: old ^ x,
    "swap": lambda old, x, _: x,
    "inc": lambda old, x, _: np.where(old >= x, old.dtype.type(0), old + old.dtype.type(1)),
    "dec": lambda old, x, _: np.where((old == 0) | (old > x), x, old - old.dtype.type(1)),
    "cmpswap": lambda old, x, wanted: np.where(old == wanted, x, old),
    "sub_clamp": lambda old, x, _: np.where(old >= x, old - x, old.dtype.type(0)),
}


class Atomic(NamedTuple):
    """One atomic operation: address space, operation, element type, and whether the name says that it returns."""

    space: str
    op: str
    dtype: str
    returns: bool
    halves: bool = False

    @property
    def size(self) -> int:
        """Bytes of an element."""
        return int(self.dtype[-1])


def parse_atomic(name: str) -> Atomic | None:
    """Read a mnemonic; None when it is no atomic."""
    match = _NAME.match(name)
    if not match or name.startswith(("ds_load", "ds_store_", "ds_read", "ds_write_", "ds_write2")):
        return None
    space, text = match["space"].removesuffix("_atomic"), match["op"]
    returns = "_rtn" in text
    text = text.replace("_rtn", "")
    if text == "pk_add_f16":
        return Atomic(space, "add", "<u4", returns, halves=True)
    if space != "ds" and text.removesuffix("_x2") in _UNTYPED:
        text = _UNTYPED[text.removesuffix("_x2")] + ("64" if text.endswith("_x2") else "32")
    typed = _TYPED.match(text)
    if not typed or typed["type"] not in _DTYPES:
        return None
    op = _LDS_NAMES.get(typed["op"], typed["op"])
    return Atomic(space, op, _DTYPES[typed["type"]], returns) if op in _COMBINE else None


def bind_atomic(context: Context, ins: Instruction, atomic: Atomic, guard: int | None) -> Step:
    """The step of an atomic."""
    if atomic.space == "ds":
        return _bind_lds(context, ins, atomic, guard)
    return (
        _bind_flat(context, ins, atomic, guard) if atomic.space == "flat" else _bind_global(context, ins, atomic, guard)
    )


def _bind_flat(context: Context, ins: Instruction, atomic: Atomic, guard: int | None) -> Step:
    returns = len(ins.operands) > 2
    first = 1 if returns else 0
    masks, low = spaces(context), fetch(read(context.slots, ins.operand(first), "u32"))
    values, expected = _data(context, ins, first + 1, atomic), _second_data(context, ins, first + 1, atomic)
    write = _writer(context, ins, atomic) if returns else None
    parts = [
        _bind_global(context, ins, atomic, masks[GLOBAL]),
        _lds_step(ins, atomic, masks[SHARED], low, values, expected, write),
        _refuse_scratch(ins, masks[PRIVATE]),
    ]
    return bind_flat(context, ins.operand(first), _bind_global(context, ins, atomic, guard), parts, guard)


def _refuse_scratch(ins: Instruction, mask: int) -> Step:
    def step(r: Rows) -> None:
        lanes = np.flatnonzero(r[mask])
        if lanes.size:
            raise failed(r, ins, AccessError(0, "out of bounds", "an atomic operation on scratch"), lanes)

    return step


def combined(atomic: Atomic) -> Combine:
    """The function of an atomic."""
    if atomic.halves:
        return lambda old, x, _: (
            (old[:, None].view(np.float16) + x[:, None].view(np.float16)).astype(np.float16).view(np.uint32)[:, 0]
        )
    return _COMBINE[atomic.op]


def _words(values: Any) -> list[Any]:
    """Elements of 4 or 8 bytes as lists of uint32 arrays, low words first."""
    bits = np.ascontiguousarray(values).view(np.uint32).reshape(len(values), -1)
    return [bits[:, k] for k in range(bits.shape[1])]


def _elements(words: list[Any], dtype: str) -> Any:
    return np.stack([word.reshape(-1) for word in words], axis=1).view(dtype)[:, 0]


def _data(context: Context, ins: Instruction, number: int, atomic: Atomic) -> Callable[[Rows, Any], Any]:
    read = data_reader(context, ins.operand(number), Access("", False, atomic.size, False, None, False, atomic.size))
    return lambda r, lanes: _elements(read(r, lanes), atomic.dtype)


def in_turns(at: Any, values: Any, comparands: Any, load: Any, store: Any, function: Combine) -> Any:
    """Apply `function` for each element in order and return the old values.

    Elements of different addresses go together: the first one for each address, then the second ones, and so on.
    """
    order = np.argsort(at, kind="stable")
    ordered = at[order]
    fresh = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    begin = np.maximum.accumulate(np.where(fresh, np.arange(len(at)), 0))
    turn = np.empty(len(at), np.intp)
    turn[order] = np.arange(len(at)) - begin
    old = np.empty_like(values)
    for number in range(int(turn.max()) + 1):
        mine = np.flatnonzero(turn == number)
        old[mine] = load(at[mine])
        store(at[mine], function(old[mine], values[mine], comparands[mine]))
    return old


def _bind_global(context: Context, ins: Instruction, atomic: Atomic, guard: int | None) -> Step:
    check_modifiers(ins, frozenset({"offset"}))
    plain = 3 if atomic.space == "global" else 2
    returns = len(ins.operands) > plain
    first = 1 if returns else 0
    base = ins.operand(first + 2) if atomic.space == "global" else None
    positions = global_positions(context, ins, ins.operand(first), base)
    values = _data(context, ins, first + 1, atomic)
    expected = _second_data(context, ins, first + 1, atomic)
    write = _writer(context, ins, atomic) if returns else None
    function = combined(atomic)

    def step(r: Rows) -> None:
        lanes = chosen(r, guard)
        if lanes is not None and not lanes.size:
            return
        memory = r[MACHINE].memory
        at = positions(r).reshape(-1)
        at = at.copy() if lanes is None else at.take(lanes)
        by = r[MACHINE].tickets_of(np.arange(at.size) if lanes is None else lanes)
        loaded(r, ins, lanes, partial(memory.load, at, atomic.size, by))
        memory.owners.order()
        loaded(r, ins, lanes, lambda: memory.require_writable(at, atomic.size))
        x, wanted = values(r, lanes), expected(r, lanes)
        old = in_turns(
            at,
            x,
            wanted,
            lambda place: _elements(memory.load(place, atomic.size), atomic.dtype),
            lambda place, new: memory.store(place, atomic.size, _words(new)),
            function,
        )
        r[MACHINE].cost.atomic_access(at, atomic.size)
        if write is not None:
            write(r, lanes, _words(old))

    return step


def _second_data(context: Context, ins: Instruction, number: int, atomic: Atomic) -> Callable[[Rows, Any], Any]:
    """The comparand of a compare-and-swap, behind the new value in the same registers; else the value itself."""
    if atomic.op != "cmpswap":
        return _data(context, ins, number, atomic)
    token = ins.operand(number)
    words = atomic.size // 4
    slots = [context.slots("v", token.index + words + k, "<u4") for k in range(words)]

    def read(r: Rows, lanes: Any) -> Any:
        rows = [r[slot].reshape(-1) for slot in slots]
        return _elements([row if lanes is None else row.take(lanes) for row in rows], atomic.dtype)

    return read


def _writer(context: Context, ins: Instruction, atomic: Atomic) -> Callable[[Rows, Any, list[Any]], None]:
    access = Access("", True, atomic.size, False, None, False, atomic.size)
    return result_writer(context, ins.operand(0), access)


def _bind_lds(context: Context, ins: Instruction, atomic: Atomic, guard: int | None) -> Step:
    check_modifiers(ins, frozenset({"offset"}))
    # gfx9 and gfx10 (cmpst) name the comparand first, later targets (cmpstore) the new value.
    order = (1, 0) if "cmpst_" in ins.name else (0, 1) if atomic.op == "cmpswap" else (0, 0)
    first = 2 if atomic.returns else 1
    values, expected = (_data(context, ins, first + n, atomic) for n in order)
    write = _writer(context, ins, atomic) if atomic.returns else None
    return _lds_step(ins, atomic, guard, lds_addresses(context, ins), values, expected, write)


def _lds_step(
    ins: Instruction, atomic: Atomic, guard: int | None, addresses: Any, values: Any, expected: Any, write: Any
) -> Step:
    function, size, offset = combined(atomic), atomic.size, np.uint32(offset_of(ins))

    def step(r: Rows) -> None:
        lanes = chosen(r, guard)
        if lanes is not None and not lanes.size:
            return
        machine = r[MACHINE]
        place, waves = lds_place(r, ins, lanes, addresses(r) + offset, size)
        loaded(r, ins, lanes, partial(machine.local.update, place, waves, size, ins))
        store = machine.local.bytes
        old = in_turns(
            place.reshape(-1),
            values(r, lanes),
            expected(r, lanes),
            lambda at: _elements(store.load(at, size), atomic.dtype),
            lambda at, new: store.store(at, size, _words(new)),
            function,
        )
        if write is not None:
            write(r, lanes, _words(old))

    return step
