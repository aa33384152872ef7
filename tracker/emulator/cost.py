"""What a launch costs, counted in units that do not depend on the machine that emulates it."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from tracker.emulator.code import Segment
from tracker.emulator.instruction import Instruction
from tracker.emulator.names import without_effect

_BANKS = 32
_LINE_64, _ONE, _TWO = np.array(6, np.int64), np.array(1, np.int64), np.array(2, np.int64)
_SCALAR_CLASSES = {
    "s_load": "smem",
    "s_buffer_load": "smem",
    "s_cbranch": "branch",
    "s_branch": "branch",
    "s_setpc": "branch",
    "s_endpgm": "branch",
    "s_barrier": "barrier",
}
_CLASSES = {
    "v_": "valu",
    "ds_": "lds",
    "scratch_": "scratch",
    "buffer_": "scratch",
    "global_": "global",
    "flat_": "global",
}


@cache
def instruction_class(name: str) -> str:
    """The class an instruction is counted under; `wait` for those that only schedule."""
    if name in without_effect():
        return "wait"
    for table in (_CLASSES, _SCALAR_CLASSES):
        for prefix, kind in table.items():
            if name.startswith(prefix):
                return kind
    return "salu"


class Cost:
    """Counters of one launch."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._conflicts: dict[int, tuple[Any, int]] = {}

    def global_access(self, ins: Instruction, at: Any, lanes: Any, size: int, machine: Any) -> None:
        """Count bytes and the lines of 64 and 128 bytes that each wave touches. `lanes` as from `ops.memory.chosen`."""
        counts, verb = self.counts, "loaded" if "load" in ins.name else "stored"
        counts[f"global_bytes_{verb}"] += at.size * size
        lines = at >> _LINE_64
        if lanes is not None:
            lines = _spread(lines, lanes, machine)
        if not _within_lines(at, size):
            last = (at + (size - 1)) >> _LINE_64
            lines = np.concatenate([lines, last if lanes is None else _spread(last, lanes, machine)], axis=1)
        if np.count_nonzero(lines[:, 1:] < lines[:, :-1]):
            lines = np.sort(lines, axis=1)
        counts["global_lines_64"] += _distinct(lines)
        counts["global_lines_128"] += _distinct(lines >> _ONE)

    def atomic_access(self, at: Any, size: int) -> None:
        """Count the bytes of a global atomic."""
        self.counts["global_atomics"] += at.size
        self.counts["global_bytes_atomic"] += at.size * size

    def lds_access(self, ins: Instruction, at: Any, lanes: Any, size: int, machine: Any) -> None:
        """Count LDS bytes and bank conflicts. `at`: byte offsets within the workgroup's LDS.

        In a cycle, 32 banks of 4 bytes each serve one word, to any number of lanes. A conflict is a cycle beyond the
        one per 128 bytes asked for.
        """
        self.counts["lds_bytes"] += at.size * size
        words = at >> _TWO
        if lanes is not None:
            words = _spread(words, lanes, machine)
        pattern = words - words[:, :1]
        known = self._conflicts.get(ins.index)
        if known is None or known[0].shape != pattern.shape or np.count_nonzero(known[0] != pattern):
            known = self._conflicts[ins.index] = pattern, _bank_conflicts(words, max(size // 4, 1))
        self.counts["lds_bank_conflicts"] += known[1]


def instruction_counts(segments: Iterable[Segment], wave: int) -> dict[str, Any]:
    """Wave-instructions by class and mnemonic, and the share of lanes that vector instructions used."""
    classes: Counter[str] = Counter()
    mnemonics: Counter[str] = Counter()
    lanes = 0
    for segment in segments:
        if not segment.waves:
            continue
        vector = 0
        for ins in segment.instructions:
            for raw in ins.mnemonics:
                mnemonics[raw] += segment.waves
            kind = instruction_class(ins.name)
            classes[kind] += segment.waves
            vector += kind == "valu"
        lanes += vector * segment.lanes
    total = classes["valu"] * wave
    return {
        "instructions": dict(sorted(classes.items())),
        "valu_lane_utilisation": round(lanes / total, 6) if total else 0.0,
        "mnemonics": dict(sorted(mnemonics.items())),
    }


def _bank_conflicts(words: Any, width: int) -> int:
    """Cycles beyond the first for every 32 words that neighbouring lanes ask for; negative words do not count."""
    waves = words.shape[0]
    every = words[:, :, None] + np.where(words[:, :, None] < 0, 0, np.arange(width))
    rows = every.reshape(waves, -1, _BANKS) if (words.shape[1] * width) % _BANKS == 0 else every.reshape(waves, 1, -1)
    rows = np.sort(rows.reshape(-1, rows.shape[2]), axis=1)
    fresh = rows >= 0
    fresh[:, 1:] &= rows[:, 1:] != rows[:, :-1]
    row, column = np.nonzero(fresh)
    per_bank = np.bincount(row * _BANKS + rows[row, column] % _BANKS, minlength=len(rows) * _BANKS)
    return int(np.maximum(per_bank.reshape(-1, _BANKS).max(axis=1) - 1, 0).sum())


def _within_lines(at: Any, size: int) -> bool:
    """True if no access can cross from one line into the next."""
    return size == 1 or (size & (size - 1) == 0 and not int(np.bitwise_or.reduce(at, axis=None)) & (size - 1))


def _spread(values: Any, lanes: Any, machine: Any) -> Any:
    """One row per wave; lanes that do nothing hold -1."""
    full = np.full(machine.waves * machine.lanes, -1, np.int64)
    full[lanes] = values
    return full.reshape(machine.waves, machine.lanes)


def _distinct(lines: Any) -> int:
    """Number of distinct non-negative values per row of sorted rows, summed."""
    return int(np.count_nonzero(lines[:, 1:] != lines[:, :-1]) + np.count_nonzero(lines[:, 0] >= 0))
