"""The lowest layer of the app: what was loaded, following the database, and failures that must be seen."""

import gc
from collections.abc import Callable, Sequence
from threading import Event

from textual.app import App

from db.views import KernelStatus
from tracker.signs import legend_counts, ported, stale_kernels
from tracker.tui import work
from tracker.tui.background import background, explain
from tracker.tui.entries import Entry, entries, kernel_key
from tracker.tui.messages import DatabaseChanged, Following, Loaded, PageLoaded, ProgressLoaded, RunsLoaded, WorkFailed
from tracker.tui.screens.base import KerntrackScreen
from tracker.tui.sources import Source
from tracker.tui.work import JobView

LOAD, FOLLOW, PAGE = "load the matrix", "follow the database", "load the kernel's page"
PROGRESS, RUNS = "load the progress", "load the history"
RETRY_SECONDS = 5.0


class Core(App[None]):
    """Holds the statuses. Reads them in threads, again whenever anybody wrote to the database."""

    def __init__(self, source: Source, poll_seconds: float) -> None:
        super().__init__()
        self.source = source
        self.entries: Sequence[Entry] = ()
        """The kernels with what is asked of them again and again, in natural order."""
        self.kernels: Sequence[KernelStatus] = ()
        self.counts: dict[str, int] = {}
        self.ported = (0, 0)
        """How many CUDA kernels are ported, of how many."""
        self.loaded = False
        self.paused = False
        self.missed = False
        """True when the database has changed during a pause."""
        self.troubles: dict[str, str] = {}
        """Why what is shown may be old, by the work that failed."""
        self.failures: list[JobView] = []
        self.stopping = Event()
        self._loading = False
        self._load_again = False
        self._version: int | None = None
        """The last one seen: a change is noticed even if following failed in between."""
        self._poll_seconds = poll_seconds

    def reload(self) -> None:
        """Read all statuses in a thread; a request during a read causes one more."""
        if self.stopping.is_set():
            return
        if self.paused and self.loaded:
            self.missed = True
            self.refresh_rows()
            return
        if self._loading:
            self._load_again = True
            return
        self._loading = True
        background(self, LOAD, self._read, lambda found: found)

    def toggle_pause(self) -> None:
        """Keep what is shown as it is; again: catch up."""
        self.paused = not self.paused
        if self.missed and not self.paused:
            self.missed = False
            self.reload()
        self.refresh_rows()

    def _read(self) -> Loaded:
        gc.collect()
        archs = self.source.archs
        loaded = entries(self.source.statuses(), archs)
        found = Loaded(loaded, legend_counts((entry.states for entry in loaded), archs))
        gc.freeze()  # a large matrix has no cycles: walking it again and again would stall the keys
        return found

    def on_loaded(self, message: Loaded) -> None:
        """Draw what was read."""
        self._load_ended()
        self.loaded = True
        self.troubles.pop(LOAD, None)
        before = self.kernels
        self.entries, self.counts = message.entries, message.counts
        self.kernels = [entry.kernel for entry in message.entries]
        self.ported = ported(self.kernels)
        self.refresh_rows()
        self._tell_stale(before)

    def _tell_stale(self, before: Sequence[KernelStatus]) -> None:
        """What became stale is said at once."""
        was = stale_kernels(before, self.source.archs)
        new = stale_kernels(self.kernels, self.source.archs) - was if before else set()
        if new:
            some = ", ".join(sorted(new)[:3]) + (", …" if len(new) > 3 else "")
            self.notify(f"{some} (8 shows them)", title=f"{len(new)} became stale", severity="warning", markup=False)

    def _load_ended(self) -> None:
        self._loading = False
        if self._load_again:
            self._load_again = False
            self.reload()

    def follow(self) -> None:
        """Notice writes of other processes: a thread asks for the database's version once in a while."""

        def wait_for_change() -> None:
            now = self.source.version()
            self.post_message(Following())
            while True:
                if self._version not in (None, now):
                    self.post_message(DatabaseChanged())
                self._version = now
                if self.stopping.wait(self._poll_seconds):
                    return
                now = self.source.version()

        background(self, FOLLOW, wait_for_change, lambda _: DatabaseChanged())

    def on_following(self) -> None:
        """The database can be read again."""
        if self.troubles.pop(FOLLOW, None):
            self.refresh_rows()

    def on_database_changed(self) -> None:
        """Read again."""
        self.reload()

    def load_page(self, kernel: KernelStatus) -> None:
        """Read everything about one kernel."""
        key = kernel_key(kernel)
        background(self, PAGE, lambda: self.source.page(kernel), lambda page: PageLoaded(key, page))

    async def on_page_loaded(self, message: PageLoaded) -> None:
        """Show it if its screen is still there."""
        for screen in self.screen_stack:
            if getattr(screen, "key", None) == message.key:
                await screen.show(message.page)  # type: ignore[attr-defined]

    def load_progress(self) -> None:
        """Read what was found out when."""
        background(self, PROGRESS, self.source.outcomes, ProgressLoaded)

    def on_progress_loaded(self, message: ProgressLoaded) -> None:
        """Show it if the map is still there."""
        for screen in self.screen_stack:
            if hasattr(screen, "show_progress"):
                screen.show_progress(message.outcomes)

    def load_runs(self) -> None:
        """Read the history."""
        background(self, RUNS, self.source.runs, RunsLoaded)

    def on_runs_loaded(self, message: RunsLoaded) -> None:
        """Show it if its screen is still there."""
        for screen in self.screen_stack:
            if hasattr(screen, "show_runs"):
                screen.show_runs(message.runs)

    def attempt(self, title: str, do: Callable[[], object]) -> None:
        """Do something short here and now; an exception becomes a failed job."""
        try:
            do()
        except Exception as error:  # the boundary: whatever broke must be seen
            self.failed(title, explain(error))

    def on_work_failed(self, message: WorkFailed) -> None:
        """A thread has ended in an exception."""
        self.failed(message.title, message.error)

    def failed(self, title: str, error: str) -> None:
        """An exception outside the queue becomes a failed job; the same one again is not told again."""
        failed = work.failure(len(self.failures) + 1, title, error)
        if not any((job.title, job.error) == (failed.title, failed.error) for job in self.failures):
            self.failures.append(failed)
            self.notify(failed.message, title=f"failed: {title}", severity="error", markup=False)
        if title == LOAD:
            self._load_ended()
        if title in (LOAD, FOLLOW):
            self.troubles[title] = f"cannot {title}: {error}"
            self.set_timer(RETRY_SECONDS, self.reload if title == LOAD else self.follow)
            self.refresh_rows()
        self.refresh_jobs()

    def refresh_rows(self) -> None:
        """Let every screen draw what was loaded."""
        for screen in self.screen_stack:
            if isinstance(screen, KerntrackScreen) and screen.ready and screen.is_attached:
                screen.refresh_rows()

    def refresh_jobs(self) -> None:
        """Let every screen draw the jobs."""
        for screen in self.screen_stack:
            if isinstance(screen, KerntrackScreen) and screen.ready and screen.is_attached:
                screen.refresh_jobs()
