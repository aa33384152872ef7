"""What one matrix cell says: folds the newest build and the evidence that holds for it into a state.

A failure at any rung wins over a pass at any other, so that a cell never claims more than all its evidence together.
"""

from collections.abc import Sequence
from typing import NamedTuple

from db.views import NO_CELL, ArchState, ArchStatus, Evidence, Resources

LATE = "timed out"
RUNGS: dict[tuple[str, str], ArchState] = {
    ("failed", "hip"): "verify failed",
    ("failed", "cuda"): "verify failed",
    (LATE, "hip"): "verify failed",  # it hangs there; an emulator may just be slow, which decides nothing
    (LATE, "cuda"): "verify failed",
    ("failed", "emulator"): "emulation failed",
    ("passed", "hip"): "verified",
    ("passed", "cuda"): "verified",
    ("passed", "emulator"): "emulated",
    ("unsupported", "hip"): "unsupported",
    ("unsupported", "cuda"): "unsupported",
    ("unsupported", "emulator"): "unsupported",
}
"""State by (outcome, device kind): the first that some evidence matches decides."""
RANKS = {rung: rank for rank, rung in enumerate(RUNGS)}
STATES: tuple[ArchState, ...] = (*RUNGS.values(), "compiled")
NO_RANK = len(RANKS)


class Attempt(NamedTuple):
    """The build of a whole source that a cell's build was part of."""

    source: str
    outcome: str
    output: str
    assembly: str | None
    code_object: str | None
    toolchain: str


class CellBuild(NamedTuple):
    """The build that a cell speaks of: the newest of the present source, or else (`fresh` False) the newest of all."""

    code_hash: str | None
    fresh: bool
    resources: Resources | None
    attempt: Attempt


def cell(symbol: str, build: CellBuild | None, holding: Sequence[Evidence]) -> ArchStatus:
    """The status of one kernel on one arch. `holding`: the newest evidence per device, effort and seed."""
    if build is None:
        return NO_CELL
    if build.code_hash is None:
        late = build.attempt.outcome == LATE
        return ArchStatus("build failed", build.fresh, build_output=_why(symbol, build.attempt), timed_out=late)
    state, evidence = _verdict(holding)
    return ArchStatus(state, build.fresh, evidence, build.resources, build.attempt.output, build.code_hash)


def _verdict(holding: Sequence[Evidence]) -> tuple[ArchState, Evidence | None]:
    if not holding:
        return "compiled", None
    first = min(holding, key=_rank) if len(holding) > 1 else holding[0]  # of equals the newest
    return STATES[_rank(first)], first


def _rank(evidence: Evidence) -> int:
    """Which rung it decides; zero cases decide none."""
    if evidence.outcome == "passed" and not evidence.cases_run:
        return NO_RANK
    return RANKS.get((evidence.outcome, evidence.device_kind), NO_RANK)


def _why(symbol: str, attempt: Attempt) -> str:
    if attempt.outcome == "built":
        return f"the compiler ended well, but the code object has no kernel {symbol}\n{attempt.output}"
    return attempt.output or attempt.outcome
