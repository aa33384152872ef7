"""A queue of actions, run by a few threads. No exception is lost: it becomes the text of a failed job."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from db.errors import DatabaseError
from tracker.actions.events import Event, Finished, Note, Plan, Step
from tracker.cancel import Cancel
from tracker.errors import CancelledError, KerntrackError

LOG = logging.getLogger(__name__)
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
Action = Callable[[Cancel], Iterator[Event]]


@dataclass(frozen=True)
class Job:
    """A job as it stands now. Times are seconds since the epoch; 0 means not yet."""

    id: int
    key: str
    title: str
    state: JobState = "queued"
    done: int = 0
    total: int = 0
    message: str = ""
    good: bool | None = None
    """What the action's last event said: False is bad news about a kernel, not about the job."""
    error: str = ""
    """Why the job failed: the message for the user, or the traceback of what should not have happened."""
    started: float = 0.0
    finished: float = 0.0

    @property
    def over(self) -> bool:
        """True when nothing more will come of it."""
        return self.state in ("done", "failed", "cancelled")


Listener = Callable[[Job, Event | None], None]
"""Called from a worker's thread at every change of a job, with the event that made it."""


@dataclass
class _Entry:
    job: Job
    action: Action
    cancel: Cancel = field(default_factory=Cancel)
    events: list[Event] = field(default_factory=list)


class Queue:
    """Runs submitted actions on `workers` threads, never two of one key at the same time."""

    def __init__(self, workers: int = 2) -> None:
        self._entries: dict[int, _Entry] = {}
        self._listeners: list[Listener] = []
        self._changed = threading.Condition(threading.RLock())
        self._closed = False
        self._threads = [threading.Thread(target=self._work, name=f"job-{n}", daemon=True) for n in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, key: str, title: str, action: Action) -> int:
        """Put an action into the queue and return its job's id.

        A job of the same key that has not begun is that job: nothing is queued twice. One that is running already
        may have seen older files, so one more follows it.
        """
        with self._changed:
            for entry in self._entries.values():
                if entry.job.key == key and entry.job.state == "queued":
                    return entry.job.id
            entry = _Entry(Job(len(self._entries) + 1, key, title), action)
            self._entries[entry.job.id] = entry
            self._changed.notify_all()
        self._tell(entry.job, None)
        return entry.job.id

    def cancel(self, id: int) -> None:
        """Ask a job to stop. A queued one is cancelled at once, a running one as soon as its processes are killed."""
        entry = self._entries[id]
        entry.cancel.set()
        with self._changed:
            if entry.job.state != "queued":
                return
            self._update(entry, state="cancelled", finished=time.time())
        self._tell(entry.job, None)

    def jobs(self) -> list[Job]:
        """Every job of this session, oldest first."""
        with self._changed:
            return [entry.job for entry in self._entries.values()]

    def events(self, id: int) -> list[Event]:
        """What a job has yielded so far: its log."""
        with self._changed:
            return list(self._entries[id].events)

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` at every change from now on. One that raises is called no more; the log says why."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        """Call `listener` no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep until no job is queued or running; False when `timeout` seconds were not enough."""
        with self._changed:
            return self._changed.wait_for(lambda: all(entry.job.over for entry in self._entries.values()), timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Cancel everything and wait for the workers."""
        with self._changed:
            self._closed = True
            waiting = [entry.job.id for entry in self._entries.values() if not entry.job.over]
            self._changed.notify_all()
        for id in waiting:
            self.cancel(id)
        for thread in self._threads:
            thread.join(timeout)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._next() is not None)
                if self._closed:
                    return
                entry = self._next()
                assert entry is not None
                self._update(entry, state="running", started=time.time())
            self._tell(entry.job, None)
            self._run(entry)

    def _next(self) -> _Entry | None:
        """The oldest queued job whose key nobody is working on."""
        busy = {entry.job.key for entry in self._entries.values() if entry.job.state == "running"}
        ready = (e for e in self._entries.values() if e.job.state == "queued" and e.job.key not in busy)
        return next(ready, None)

    def _run(self, entry: _Entry) -> None:
        state: JobState = "done"
        error = ""
        LOG.info("job %d begins: %s", entry.job.id, entry.job.title)
        try:
            for event in entry.action(entry.cancel):
                self._take(entry, event)
        except CancelledError:
            state = "cancelled"
        except (KerntrackError, DatabaseError) as failure:
            state, error = "failed", "\n".join(filter(None, (failure.message, failure.remedy)))
        except BaseException:  # whatever it was, a worker must not die of it unseen
            state, error = "failed", traceback.format_exc()
        LOG.info("job %d %s%s", entry.job.id, state, f": {error}" if error else "")
        with self._changed:
            self._update(entry, state=state, error=error, finished=time.time())
        self._tell(entry.job, None)

    def _take(self, entry: _Entry, event: Event) -> None:
        with self._changed:
            entry.events.append(event)
            if isinstance(event, Plan):
                self._update(entry, total=event.total)
            elif isinstance(event, Step):
                self._update(entry, done=event.done, message=event.message)
            elif isinstance(event, Finished):
                self._update(entry, good=event.good, message=event.message)
        self._tell(entry.job, event)

    def _update(self, entry: _Entry, **changes: object) -> None:
        entry.job = replace(entry.job, **changes)  # type: ignore[arg-type]
        self._changed.notify_all()

    def _tell(self, job: Job, event: Event | None) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(job, event)
            except Exception as error:
                self.unsubscribe(listener)
                with self._changed:
                    self._entries[job.id].events.append(Note(f"a view of this job failed: {error!r}", "error"))
