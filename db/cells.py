"""What one matrix cell says: folds the newest build and the evidence that holds for it into a state.

A failure at any rung wins over a pass at any other, so that a cell never claims more than all its evidence together.
"""

from collections.abc import Sequence
from typing import NamedTuple

from db.views import ArchState, ArchStatus, Evidence, Resources

RUNGS: tuple[tuple[str, str, ArchState], ...] = (
    ("failed", "hip", "verify failed"),
    ("failed", "emulator", "emulation failed"),
    ("passed", "hip", "verified"),
    ("passed", "emulator", "emulated"),
    ("unsupported", "hip", "unsupported"),
    ("unsupported", "emulator", "unsupported"),
)
"""(outcome, device kind, state), the first that some evidence matches decides."""

NOTHING = ArchStatus("none", True)


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
        return NOTHING
    if build.code_hash is None:
        return ArchStatus("build failed", build.fresh, build_output=_why(symbol, build.attempt))
    state, evidence = _verdict(holding)
    return ArchStatus(state, build.fresh, evidence, build.resources, build.attempt.output, build.code_hash)


def _verdict(holding: Sequence[Evidence]) -> tuple[ArchState, Evidence | None]:
    if not holding:
        return "compiled", None
    for outcome, kind, state in RUNGS:
        for evidence in holding:
            if (evidence.outcome, evidence.device_kind) == (outcome, kind) and _counts(evidence):
                return state, evidence
    return "compiled", holding[0]


def _counts(evidence: Evidence) -> bool:
    return evidence.outcome != "passed" or evidence.cases_run > 0


def _why(symbol: str, attempt: Attempt) -> str:
    if attempt.outcome == "built":
        return f"the compiler ended well, but the code object has no kernel {symbol}\n{attempt.output}"
    return attempt.output or attempt.outcome
