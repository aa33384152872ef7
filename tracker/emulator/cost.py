"""What a launch costs, counted in units that do not depend on the machine that emulates it."""

from collections import Counter
from typing import Any

import numpy as np

from tracker.emulator.instruction import Instruction

_BANKS = 32


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
        first = at >> 6
        last = (at + (size - 1)) >> 6
        if lanes is not None:
            first, last = _spread(first, lanes, machine), _spread(last, lanes, machine)
        lines = first if size == 1 or np.array_equal(first, last) else np.concatenate([first, last], axis=1)
        lines = np.sort(lines, axis=1)
        counts["global_lines_64"] += _distinct(lines)
        counts["global_lines_128"] += _distinct(lines >> 1)

    def lds_access(self, ins: Instruction, at: Any, lanes: Any, size: int, machine: Any) -> None:
        """Count LDS bytes and bank conflicts: cycles beyond the first that 32 banks of 4 bytes need per half wave."""
        self.counts["lds_bytes"] += at.size * size


def _spread(lines: Any, lanes: Any, machine: Any) -> Any:
    """One row per wave; lanes that do nothing hold -1."""
    full = np.full(machine.waves * machine.lanes, -1, np.int64)
    full[lanes] = lines
    return full.reshape(machine.waves, machine.lanes)


def _distinct(ordered: Any) -> int:
    """Number of distinct non-negative values per row of sorted rows, summed."""
    changes = int(np.count_nonzero(ordered[:, 1:] != ordered[:, :-1]))
    return changes + int(np.count_nonzero(ordered[:, 0] >= 0)) if ordered.size else 0
