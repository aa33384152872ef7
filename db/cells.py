"""What one matrix cell says: folds the newest build and the evidence that holds for it into a state.

A failure at any rung wins over a pass at any other, so that a cell never claims more than all its evidence together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class CellBuild:
    """The build that a cell speaks of: the newest of the present source, or else (`fresh` False) the newest of all."""

    code_hash: str | None
    fresh: bool
    outcome: str
    output: str
    assembly: str | None
    code_object: str | None
    toolchain: str
    resources: Resources | None


def cell(symbol: str, build: CellBuild | None, holding: Sequence[Evidence]) -> ArchStatus:
    """The status of one kernel on one arch. `holding`: the newest evidence per device, effort and seed."""
    if build is None:
        return NOTHING
    if build.code_hash is None:
        return ArchStatus("build failed", build.fresh, build_output=_why(symbol, build))
    for outcome, kind, state in RUNGS:
        for evidence in holding:
            if (evidence.outcome, evidence.device_kind) == (outcome, kind) and _counts(evidence):
                return ArchStatus(state, build.fresh, evidence, build.resources, build.output, build.code_hash)
    newest = holding[0] if holding else None
    return ArchStatus("compiled", build.fresh, newest, build.resources, build.output, build.code_hash)


def _counts(evidence: Evidence) -> bool:
    return evidence.outcome != "passed" or evidence.cases_run > 0


def _why(symbol: str, build: CellBuild) -> str:
    if build.outcome == "built":
        return f"the compiler ended well, but the code object has no kernel {symbol}\n{build.output}"
    return build.output or build.outcome
