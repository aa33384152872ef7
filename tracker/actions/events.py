"""What actions yield while they work. Front ends show these and decide nothing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from db.views import Timing
from tracker.build.records import BuildRecord
from tracker.check.results import CheckResult

if TYPE_CHECKING:  # numpy is not for those who only read
    from tracker.check.golden import Compared


@dataclass(frozen=True)
class Plan:
    """First event: `total` steps will follow."""

    title: str
    total: int


@dataclass(frozen=True)
class Step:
    """One step begins or ended: `done` of the plan's total are finished."""

    done: int
    message: str


@dataclass(frozen=True)
class Note:
    """Narration worth a line (stderr in the CLI, the log in the TUI). `level`: info, warning or error."""

    message: str
    level: str = "info"


@dataclass(frozen=True)
class Scanned:
    """One source file was parsed, or found unchanged."""

    path: str
    side: str
    kernels: int
    unchanged: bool
    errors: int


@dataclass(frozen=True)
class Built:
    """One unit was compiled for one arch, or taken from the cache."""

    record: BuildRecord


@dataclass(frozen=True)
class Checked:
    """One kernel was checked on one device. `held` means the evidence already there still holds; nothing was run."""

    result: CheckResult
    held: bool = False


@dataclass(frozen=True)
class GoldenCompared:
    """The port of one kernel was compared with what the CUDA original had computed."""

    result: "Compared"


@dataclass(frozen=True)
class Measured:
    """One kernel was timed on one workload. `others`: the newest figures of other devices, or of the other side."""

    timing: Timing
    others: tuple[Timing, ...]


@dataclass(frozen=True)
class Finished:
    """Last event. `good` False means bad news (exit code 1); `summary` is JSON-able."""

    good: bool
    message: str
    summary: dict[str, Any]
    late: bool = False
    """Nothing but time limits kept it from being good (exit code 4)."""


Event = Plan | Step | Note | Scanned | Built | Checked | GoldenCompared | Measured | Finished
