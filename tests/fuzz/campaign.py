"""Runs many seeds on one arch: compiles them in batches, judges each program, reduces the failing ones."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.fuzz.build import CompileError, compile_programs
from tests.fuzz.emulate import Outcome, judge
from tests.fuzz.generate import generate
from tests.fuzz.miscompile import WHOLE_REGISTERS, loses_a_half
from tests.fuzz.reduce import reduced
from tests.fuzz.source import kernel
from tests.fuzz.tree import Program
from tracker.emulator import load

LEVELS = (1, 2, 3)
"""Optimisation levels; a seed has the level `seed % 3`."""

BATCH = 60
"""Seeds per compiler run of each level, so that its start costs little."""


@dataclass
class Tally:
    """Sums of a campaign.

    `failures`: seed, level and outcome of programs that do not agree; `miscompiled`: seeds of those that do not
    because the compiler's own intermediate code is provably wrong; `refused`: seeds that the compiler gives up on (for
    want of registers, say), which are neither.
    """

    arch: str
    programs: int = 0
    agreeing: int = 0
    seconds: float = 0.0
    failures: list[tuple[int, int, Outcome]] = field(default_factory=list)
    miscompiled: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    @property
    def per_minute(self) -> float:
        """Programs per minute, compilation included."""
        return 60 * self.programs / self.seconds if self.seconds else 0.0

    def reasons(self) -> Counter[str]:
        """Failures by kind: mismatch, or the fault without the places."""
        return Counter(_reason(outcome) for _, _, outcome in self.failures)


def _reason(outcome: Outcome) -> str:
    if outcome.verdict == "differs":
        return "differs"
    unknown = re.search(r"unknown instruction: '(\S+).*on \w+: (.*)", outcome.detail)
    return f"unknown {unknown[1]}: {unknown[2]}" if unknown else outcome.detail[:60]


def level_of(seed: int) -> int:
    """Optimisation level of a seed."""
    return LEVELS[seed % len(LEVELS)]


def campaign(arch: str, seeds: Sequence[int], progress: Callable[[Tally], None] = lambda tally: None) -> Tally:
    """Judge the programs of all seeds; `progress` is called after each batch."""
    tally = Tally(arch)
    for level, batch in _batches(seeds):
        start = time.monotonic()
        for program, outcome in _judged([generate(seed) for seed in batch], arch, level):
            _count(tally, program, level, outcome)
        tally.seconds += time.monotonic() - start
        progress(tally)
    return tally


def _judged(programs: list[Program], arch: str, level: int) -> Iterator[tuple[Program, Outcome | None]]:
    """Each program with its outcome, None where the compiler refuses it: found by halving the batch."""
    try:
        yield from zip(programs, judge_all(programs, arch, level), strict=True)
    except CompileError:
        if len(programs) == 1:
            yield programs[0], None
            return
        middle = len(programs) // 2
        yield from _judged(programs[:middle], arch, level)
        yield from _judged(programs[middle:], arch, level)


def _count(tally: Tally, program: Program, level: int, outcome: Outcome | None) -> None:
    if outcome is None:
        tally.refused.append(program.seed)
        return
    tally.programs += 1
    if outcome.verdict == "agrees":
        tally.agreeing += 1
    elif outcome.verdict == "differs" and _is_miscompiled(program, tally.arch, level):
        tally.miscompiled.append(program.seed)
    else:
        tally.failures.append((program.seed, level, outcome))


def _is_miscompiled(program: Program, arch: str, level: int) -> bool:
    """By the compiler's dump, and agreeing when compiled another way."""
    if not loses_a_half(program, arch, level):
        return False
    return judge_all([program], arch, level, WHOLE_REGISTERS)[0].verdict == "agrees"


def _batches(seeds: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    for start in range(0, len(seeds), BATCH * len(LEVELS)):
        part = seeds[start : start + BATCH * len(LEVELS)]
        for level in LEVELS:
            chosen = [seed for seed in part if level_of(seed) == level]
            if chosen:
                yield level, chosen


def judge_all(programs: Sequence[Program], arch: str, level: int, options: Sequence[str] = ()) -> list[Outcome]:
    """Outcomes of programs compiled together. Raises CompileError."""
    code = load(compile_programs(programs, arch, level, options))
    return [judge(code, f"k{i}", program, arch) for i, program in enumerate(programs)]


def shrink(seed: int, level: int, arch: str) -> tuple[str, Outcome]:
    """The reduced failing program of a seed as HIP source, with its outcome."""
    program = generate(seed)
    first = judge_all([program], arch, level)[0]

    def fails(candidates: list[Program]) -> list[bool]:
        try:
            outcomes = judge_all(candidates, arch, level)
        except CompileError:
            return [False] * len(candidates)
        return [_reason(outcome) == _reason(first) for outcome in outcomes]

    small = reduced(program, fails) if first.verdict != "agrees" else program
    return kernel(small, f"seed{seed}"), judge_all([small], arch, level)[0]
