"""What a launch costs, counted in units that do not depend on the machine that emulates it."""

from collections import Counter
from typing import Any

import numpy as np

from tracker.emulator.instruction import Instruction

_BANKS = 32
_LINE_64, _ONE = np.array(6, np.int64), np.array(1, np.int64)


def instruction_class(name: str) -> str:
    """The class an instruction is counted under."""
    if name.startswith("v_"):
        return "valu"
    if name.startswith("ds_"):
        return "lds"
    if name.startswith(("scratch_", "buffer_")):
        return "scratch"
    if name.startswith(("global_", "flat_")):
        return "global"
    return _scalar_class(name)


def _scalar_class(name: str) -> str:
    if name.startswith(("s_load", "s_buffer_load")):
        return "smem"
    if name.startswith(("s_cbranch", "s_branch", "s_endpgm")):
        return "branch"
    if name.startswith("s_barrier"):
        return "barrier"
    return "salu"


class Cost:
    """Counters of one launch."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._conflict_patterns: dict[int, tuple[Any, int]] = {}

    def global_access(self, ins: Instruction, at: Any, lanes: Any, size: int, machine: Any) -> None:
        """Count bytes and the lines of 64 and 128 bytes that each wave touches. `lanes` as from `ops.memory.chosen`."""
        counts, verb = self.counts, "loaded" if "load" in ins.name else "stored"
        counts[f"global_bytes_{verb}"] += at.size * size
        counts["global_accesses"] += 1 if at.ndim < 2 else at.shape[0]
        lines = at >> _LINE_64
        if not _within_lines(at, size):
            lines = np.concatenate([lines, (at + (size - 1)) >> _LINE_64], axis=-1)
            lanes = None if lanes is None else np.concatenate([lanes, lanes + machine.waves * machine.lanes])
        if lanes is not None:
            lines = _spread(lines, lanes, machine)
        if np.count_nonzero(lines[:, 1:] < lines[:, :-1]):
            lines = np.sort(lines, axis=1)
        counts["global_lines_64"] += _distinct(lines)
        counts["global_lines_128"] += _distinct(lines >> _ONE)

    def lds_access(self, ins: Instruction, at: Any, lanes: Any, size: int, machine: Any) -> None:
        """Count LDS bytes and bank conflicts: cycles beyond the first that 32 banks of 4 bytes need per half wave."""
        self.counts["lds_bytes"] += at.size * size


def _within_lines(at: Any, size: int) -> bool:
    """True if no access can cross from one line into the next."""
    return size == 1 or (size & (size - 1) == 0 and not int(np.bitwise_or.reduce(at, axis=None)) & (size - 1))


def _spread(lines: Any, lanes: Any, machine: Any) -> Any:
    """One row per wave; places that hold no access hold -1."""
    parts = -(-(int(lanes[-1]) + 1) // (machine.waves * machine.lanes))
    full = np.full(parts * machine.waves * machine.lanes, -1, np.int64)
    full[lanes] = lines
    return np.concatenate(full.reshape(parts, machine.waves, machine.lanes), axis=1)


def _distinct(lines: Any) -> int:
    """Number of distinct non-negative values per row of sorted rows, summed."""
    return int(np.count_nonzero(lines[:, 1:] != lines[:, :-1]) + np.count_nonzero(lines[:, 0] >= 0))
