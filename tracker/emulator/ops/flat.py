"""Flat accesses: the upper half of each lane's address says whether it means global memory, LDS or scratch."""

from collections.abc import Sequence

import numpy as np

from tracker.emulator.bind import Context, Step
from tracker.emulator.instruction import PRIVATE_APERTURE, SHARED_APERTURE, Operand
from tracker.emulator.machine import Rows

GLOBAL, SHARED, PRIVATE = 0, 1, 2


def spaces(context: Context) -> list[int]:
    """Slots of the lane masks that the steps of `bind_flat` run under, by GLOBAL, SHARED and PRIVATE."""
    return [context.slots("t", 20 + space, "?") for space in (GLOBAL, SHARED, PRIVATE)]


def bind_flat(context: Context, address: Operand, plain: Step, parts: Sequence[Step], guard: int | None) -> Step:
    """`plain` where all active lanes mean global memory; else `parts` in turn, each for its lanes (see `spaces`)."""
    upper = context.slots("v", address.index + 1, "<u4")
    masks = spaces(context)
    shared_base, private_base = np.uint32(SHARED_APERTURE), np.uint32(PRIVATE_APERTURE)

    def step(r: Rows) -> None:
        shared, private = r[upper] == shared_base, r[upper] == private_base
        if not np.count_nonzero(shared) and not np.count_nonzero(private):
            plain(r)
            return
        active = True if guard is None else r[guard]
        for slot, lanes in zip(masks, (~(shared | private), shared, private), strict=True):
            np.logical_and(lanes, active, r[slot])
        for part in parts:
            part(r)

    return step
