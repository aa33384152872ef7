"""What the screens need from the rest of the program. Tests and pictures give their own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Literal, Protocol

from db.views import BuildAttempt, Caller, Evidence, Finding, KernelFacts, KernelStatus, Outcome, RunRecord
from db.views import Message as ParserMessage
from tracker.actions.events import Event
from tracker.cancel import Cancel

if TYPE_CHECKING:  # loads what devices need
    from tracker.actions.workers import Seen

Side = Literal["cuda", "hip"]
Action = Callable[[Cancel], Iterator[Event]]


@dataclass(frozen=True)
class SourceText:
    """One side's source. `text` is None when the file is not at hand; `note` then says why and what to do."""

    path: str
    line: int
    text: str | None
    note: str = ""


@dataclass(frozen=True)
class Page:
    """Everything known about one kernel, for its own screen."""

    cuda: SourceText
    hip: SourceText
    cuda_facts: KernelFacts | None
    hip_facts: KernelFacts | None
    evidence: Sequence[Evidence]
    builds: Sequence[BuildAttempt]
    """Newest first, every architecture."""
    diagnostics: Sequence[ParserMessage]
    findings: Sequence[Finding] = ()
    """Porting hazards in what either side reaches, the worst first."""
    looked: str = ""
    """Where hazards were looked for, and how many were found."""
    callers: Sequence[Caller] = ()
    """Rust code that asks for the kernel by name."""


class Source(Protocol):
    """Reads the project and starts its actions. Every method may be called from any thread and may raise."""

    @property
    def title(self) -> str:
        """The project's name for the title line."""

    @property
    def archs(self) -> tuple[str, ...]:
        """The matrix's columns."""

    @property
    def ignore(self) -> tuple[str, ...]:
        """Patterns of what is not a source though it lies among them."""

    def statuses(self) -> list[KernelStatus]:
        """Every kernel."""

    def version(self) -> int:
        """A number that changes whenever anybody wrote to the database."""

    def page(self, kernel: KernelStatus) -> Page:
        """Sources, facts, checks and builds of one kernel."""

    def names(self, kernels: Sequence[KernelStatus]) -> list[str]:
        """Each kernel as its source declares it: demangled, with template arguments and parameter types."""

    def outcomes(self) -> Sequence[Outcome]:
        """Every check, oldest first."""

    def runs(self) -> Sequence[RunRecord]:
        """Every action of the past, newest first."""

    def locate(self, kernel: KernelStatus, side: Side) -> tuple[Path, int]:
        """File and line for an editor. Raises `tracker.errors.KerntrackError` when there is none."""

    def watched(self) -> Sequence[Path]:
        """Files and folders whose change calls for a scan."""

    def workers(self, left: Flag) -> Iterator["Seen | None"]:
        """Looks at the cluster until `left` is set; a single None where the project has no cluster."""

    def scan(self) -> Action:
        """Scan the project's sources."""

    def compile(self, symbols: Sequence[str], archs: Sequence[str]) -> Action:
        """Compile kernels; no symbols mean all."""

    def verify(self, symbols: Sequence[str], archs: Sequence[str], again: bool) -> Action:
        """Build what is missing and check kernels; no symbols mean all."""
