"""Operations whose operands are not lane-by-lane arrays: scalar loads, lane exchange, EXEC comparisons."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tracker.emulator.bind import Context, Step
from tracker.emulator.instruction import Instruction
from tracker.emulator.machine import MACHINE, WAVES, Rows
from tracker.emulator.memory import BASE, AccessError
from tracker.emulator.ops.addresses import check_modifiers, offset_of
from tracker.emulator.sources import fetch, read

Binder = Callable[[Context, Instruction, int | None], Step]
BINDERS: dict[str, Binder] = {}
"""Operations that bind themselves; these come before the table."""


def binder(*names: str) -> Callable[[Binder], Binder]:
    """Register a binder under operation names."""

    def register(function: Binder) -> Binder:
        for name in names:
            BINDERS[name] = function
        return function

    return register


def _scalar_load(size: int) -> Binder:
    def bind(context: Context, ins: Instruction, guard: int | None) -> Step:
        check_modifiers(ins, frozenset({"offset"}))
        slots, target = context.slots, ins.operand(0)
        base = fetch(read(slots, ins.operand(1), "i64"))
        offset = _offset(context, ins)
        rows = [slots("s", target.index + k, "<u4") for k in range(size // 4)]

        def step(r: Rows) -> None:
            machine = r[MACHINE]
            running = None if guard is None else np.flatnonzero(r[WAVES])
            at = (base(r) + (offset(r) - BASE)) & ~np.int64(3)
            at = at if running is None else at.reshape(-1)[running]
            try:
                words = machine.memory.load(at, size)
            except AccessError as error:
                wave = error.element if running is None else int(running[error.element])
                raise machine.fault(error.kind, ins, wave * machine.lanes, error.what) from None
            for row, word in zip(rows, words, strict=True):
                if running is None:
                    np.copyto(r[row], word)
                else:
                    r[row][running, 0] = word

        return step

    return bind


def _offset(context: Context, ins: Instruction) -> Callable[[Rows], Any]:
    """The third operand, a byte count or a register, plus the offset modifier."""
    fixed = offset_of(ins)
    operand = ins.operand(2)
    if operand.kind in ("int", "literal"):
        total = np.int64(fixed + int(operand.value))
        return lambda r: total
    get = fetch(read(context.slots, operand, "u32"))
    return lambda r: get(r).astype(np.int64) + fixed


for _bits in (32, 64, 96, 128, 256, 512):
    BINDERS[f"s_load_b{_bits}"] = _scalar_load(_bits // 8)


CODE_BASE = 0x7E00_0000_0000
"""Address of a kernel's first instruction. Instructions count as 4 bytes: nobody can tell, distances between labels
being numbers that this emulator works out itself."""


@binder("s_getpc_b64")
def _getpc(context: Context, ins: Instruction, guard: int | None) -> Step:
    """The address of the next instruction."""
    check_modifiers(ins, frozenset())
    address = np.uint64(CODE_BASE + 4 * (ins.index + 1))
    slot = context.slots("S", ins.operand(0).index, "<u8")

    def step(r: Rows) -> None:
        np.putmask(r[slot], r[WAVES], address)

    return step
