"""Jobs as the screens show them: those of the queue, and what failed in this program's own threads."""

import time
from dataclasses import dataclass
from typing import Literal

from tracker.jobs.queue import Job

Shown = Literal["queued", "running", "done", "bad news", "failed", "cancelled"]


@dataclass(frozen=True)
class JobView:
    """One line of the jobs list. `failed`: the work broke; `bad news`: it ended well and the answer is bad."""

    id: int
    title: str
    state: Shown
    done: int
    total: int
    message: str
    seconds: float
    error: str = ""

    @property
    def over(self) -> bool:
        """True when nothing more will come of it."""
        return self.state not in ("queued", "running")


def view(job: Job) -> JobView:
    """A job of the queue as it stands now."""
    state: Shown = "bad news" if job.state == "done" and job.good is False else job.state
    since = (job.finished or time.time()) - job.started if job.started else 0.0
    return JobView(job.id, job.title, state, job.done, job.total, headline(job.error) or job.message, since, job.error)


def failure(number: int, title: str, error: str) -> JobView:
    """An exception in one of this program's own threads. Its id is negative: the queue knows nothing of it."""
    return JobView(-number, title, "failed", 0, 0, headline(error), 0.0, error)


def headline(error: str) -> str:
    """The line of an error that says most: the first, of a traceback the last."""
    lines = error.strip().splitlines() or [""]
    return lines[-1] if lines[0].startswith("Traceback") else lines[0]
