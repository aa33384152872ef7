"""The layer above: jobs of the queue, and watching the sources."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

from textual.timer import Timer

from db.views import KernelStatus
from tracker.jobs import watching
from tracker.jobs.queue import Job, Queue
from tracker.tui import work
from tracker.tui.background import background
from tracker.tui.core import Core
from tracker.tui.messages import JobsChanged, SourcesChanged, WatchEnded
from tracker.tui.sources import Action, Source
from tracker.tui.work import JobView

WATCH = "watch the sources"
CLOCK_SECONDS = 0.5
SEVERITIES = {"failed": "error", "bad news": "warning", "cancelled": "warning"}


class Working(Core):
    """Starts jobs, shows how they go, tells how they ended."""

    def __init__(self, source: Source, queue: Queue | None, readonly: bool, poll_seconds: float) -> None:
        super().__init__(source, poll_seconds)
        self.queue = queue or Queue()
        self.readonly = readonly
        self.jobs: Sequence[JobView] = ()
        self._actions: dict[int, tuple[str, str, Action]] = {}
        self._told: set[int] = set()
        self._posted = False
        self._stop_watching: Event | None = None
        self._clock: Timer | None = None

    def start_working(self) -> None:
        """Listen to the queue; a clock shows elapsed time while something runs."""
        self.queue.subscribe(self._job_changed)
        self._clock = self.set_interval(CLOCK_SECONDS, self.refresh_jobs, pause=True)

    def stop_working(self) -> None:
        """Running jobs are cancelled and their processes killed."""
        if self._stop_watching:
            self._stop_watching.set()
        self.queue.unsubscribe(self._job_changed)
        self.queue.close()

    @property
    def watching(self) -> bool:
        """True while sources are watched."""
        return self._stop_watching is not None

    def _job_changed(self, job: Job, event: object) -> None:
        """Called in a worker's thread: a burst of changes becomes one message."""
        if not self._posted:
            self._posted = True
            self.post_message(JobsChanged())

    def on_jobs_changed(self) -> None:
        """Draw the queue; an ended job says how it went."""
        self._posted = False
        self.refresh_jobs()
        for job in self.jobs:
            if job.over and job.id > 0 and job.id not in self._told:
                self._told.add(job.id)
                self._tell_end(job)

    def refresh_jobs(self) -> None:
        """Look at the queue and let every screen draw it."""
        self.jobs = [*self.failures, *(work.view(job) for job in self.queue.jobs())]
        if self._clock:
            (self._clock.resume if any(job.state == "running" for job in self.jobs) else self._clock.pause)()
        super().refresh_jobs()

    def _tell_end(self, job: JobView) -> None:
        severity: Any = SEVERITIES.get(job.state, "information")
        words = "cancelled; what it finished is kept" if job.state == "cancelled" else job.message
        self.notify(words or job.state, title=job.title, severity=severity, markup=False)
        self.reload()

    def submit_scan(self) -> None:
        """Scan the sources."""
        if self._may_change():
            self._submit("scan", "scan", self.source.scan())

    def submit(self, verb: str, kernels: Sequence[KernelStatus], archs: Sequence[str]) -> None:
        """Start `compile`, `verify` or `verify again` for the kernels that have a port."""
        ported = [kernel for kernel in kernels if kernel.port_symbol]
        if not self._may_change():
            return
        if not ported:
            self.notify(f"nothing to {verb}: no HIP kernel here", severity="warning")
            return
        everything = len(ported) == sum(kernel.port_symbol is not None for kernel in self.kernels)
        symbols = [] if everything else [kernel.symbol for kernel in ported]
        names = ported[0].title if len(ported) == 1 else f"{len(ported)} kernels"
        where = archs[0] if len(archs) == 1 else f"{len(archs)} archs"
        if verb == "compile":
            action = self.source.compile(symbols, archs)
        else:
            action = self.source.verify(symbols, archs, verb == "verify again")
        self._submit(f"{verb} {' '.join(symbols)} on {' '.join(archs)}", f"{verb} {names} on {where}", action)
        if len(ported) < len(kernels):
            self.notify(f"{len(kernels) - len(ported)} of {len(kernels)} have no port and are left out", timeout=4)

    def _submit(self, key: str, title: str, action: Action) -> None:
        self._actions[self.queue.submit(key, title, action)] = (key, title, action)

    def run_again(self, id: int) -> None:
        """Queue a job's work once more."""
        if id in self._actions and self._may_change():
            self._submit(*self._actions[id])

    def cancel(self, id: int) -> None:
        """Cancel a job that is not over."""
        if any(job.id == id and not job.over for job in self.jobs):
            self.queue.cancel(id)
        else:
            self.notify("this job is over", timeout=2)

    def cancel_newest(self) -> None:
        """Cancel the newest job that is not over."""
        live = [job for job in self.jobs if not job.over]
        if live:
            self.queue.cancel(live[-1].id)
        else:
            self.notify("no job is running", timeout=2)

    def cancel_all(self) -> None:
        """Cancel every job that is not over."""
        for job in self.jobs:
            if not job.over:
                self.queue.cancel(job.id)

    def _may_change(self) -> bool:
        if self.readonly:
            self.notify("started with --readonly: nothing can be changed", severity="warning")
        return not self.readonly

    def toggle_watch(self) -> None:
        """Rescan whenever a source changes; again: no more."""
        if self._stop_watching:
            self._stop_watching.set()
        elif self._may_change():
            self._stop_watching = stop = Event()

            def changed(paths: list[str]) -> None:
                self.post_message(SourcesChanged(paths))

            def watch() -> None:
                watching.watch(self.source.watched(), stop, changed, self.source.ignore)

            background(self, WATCH, watch, lambda _: WatchEnded())
        self.refresh_rows()

    def on_watch_ended(self) -> None:
        """The thread has stopped."""
        self._stop_watching = None
        self.refresh_rows()

    def failed(self, title: str, error: str) -> None:
        """A failed watcher watches no more."""
        if title == WATCH:
            self._stop_watching = None
            self.refresh_rows()
        super().failed(title, error)

    def on_sources_changed(self, message: SourcesChanged) -> None:
        """Scan; a scan that is running already may have missed the change, then one more follows it."""
        names = ", ".join(Path(path).name for path in message.paths[:3])
        more = f" and {len(message.paths) - 3} more" if len(message.paths) > 3 else ""
        self.notify(f"{names}{more} changed: scanning", timeout=3, markup=False)
        self.submit_scan()
