"""What a report says, before any format."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from db.views import KernelStatus
from tracker.actions.hazards import Hazards
from tracker.actions.progress import Phase
from tracker.reports.origins import Origin
from tracker.scan.callers.compare import CallerGap

Progress = Literal["done", "begun", "open"]


@dataclass(frozen=True)
class Todo:
    """A required action. `open` names what is left of it, `command` the next step."""

    title: str
    done: int
    total: int
    open: tuple[str, ...]
    command: str

    @property
    def state(self) -> Progress:
        """Derived, never typed in."""
        return "done" if self.done == self.total else "begun" if self.done else "open"


@dataclass(frozen=True)
class Answers:
    """Whether the port has a kernel, asked in three ways that share nothing. None: could not be asked."""

    symbol: str
    text: bool | None
    """A whole-word search for its name in the HIP files."""
    tree: bool
    """A kernel of its name in the syntax tree."""
    objects: Mapping[str, bool | None]
    """Per arch: its name among the symbols of the code objects built from the present sources."""
    reason: str
    """Why the answers differ; "" where they agree."""


@dataclass(frozen=True)
class Count:
    """How many kernels one side has by one way of counting; None when it could not be asked."""

    side: str
    way: str
    kernels: int | None
    note: str


@dataclass(frozen=True)
class EvidenceRow:
    """Checks of one family on one device with one outcome: how many kernels and cases, the largest error, the day."""

    arch: str
    device: str
    family: str
    outcome: str
    kernels: int
    cases: int
    worst: str
    newest: str


@dataclass(frozen=True)
class Moment:
    """The port after a run: how many kernels were ported, and per arch compiled, emulated or verified, verified."""

    time: str
    ported: int
    archs: Mapping[str, tuple[int, int, int]]


@dataclass(frozen=True)
class Report:
    """Everything. `kernels` are the rows of `status`, `totals` its totals."""

    created: str
    version: str
    project: str
    archs: tuple[str, ...]
    origins: tuple[Origin, ...]
    kernels: tuple[KernelStatus, ...]
    totals: Mapping[str, Any]
    phases: tuple[Phase, ...]
    todo: tuple[Todo, ...]
    answers: tuple[Answers, ...]
    counts: tuple[Count, ...]
    hazards: Hazards
    callers: CallerGap | None
    evidence: tuple[EvidenceRow, ...]
    moments: tuple[Moment, ...]
    changed: tuple[str, ...]
    """Sources that are no longer what was scanned: what the report says of them is old."""

    @property
    def disagreements(self) -> list[Answers]:
        """Kernels on which the three ways differ."""
        return [each for each in self.answers if each.reason]


NOTES = (
    "Emulated is not verified: kerntrack's emulator executed the assembly, no device did.",
    "The emulator rounds v_rcp, v_sqrt, v_exp and v_log correctly; hardware is within 1 ulp of that.",
    "The emulator finds races in LDS and in global memory; other faults of timing it cannot show.",
    "A hazard that was not found may still be there.",
)
"""What a reader must know about the evidence."""
