"""What threads tell the app. Threads post these and touch no widget; handlers own the widgets."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from db.views import Outcome, RunRecord
from tracker.tui.entries import Entry
from tracker.tui.sources import Page


@dataclass
class Loaded(Message):
    """The statuses were read. `counts`: kernels per legend entry."""

    entries: Sequence[Entry]
    counts: dict[str, int]


@dataclass
class PageLoaded(Message):
    """Everything about one kernel was read."""

    key: str
    page: Page


@dataclass
class ProgressLoaded(Message):
    """Every check's outcome was read."""

    outcomes: Sequence[Outcome]


@dataclass
class RunsLoaded(Message):
    """The history was read."""

    runs: Sequence[RunRecord]


@dataclass
class DatabaseChanged(Message):
    """Somebody wrote to the database."""


@dataclass
class Following(Message):
    """The database's version can be read."""


@dataclass
class SourcesChanged(Message):
    """Watched files changed."""

    paths: Sequence[str]


@dataclass
class JobsChanged(Message):
    """The queue has news."""


@dataclass
class WorkFailed(Message):
    """A thread of this program ended in an exception; it is shown as a failed job."""

    title: str
    error: str


@dataclass
class WatchEnded(Message):
    """Sources are watched no more."""


@dataclass
class Copied(Message):
    """A text was found that the user wants to copy; without one, `missing` says why there is none."""

    text: str
    what: str
    missing: str = ""
