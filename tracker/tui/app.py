"""The app: holds what was loaded, starts jobs, follows the database. Screens draw and ask."""

from collections.abc import Sequence
from threading import Event
from typing import Any, ClassVar

from textual.app import App
from textual.timer import Timer

from db.views import KernelStatus
from tracker.jobs.queue import Job, Queue
from tracker.tui import work
from tracker.tui.background import background
from tracker.tui.commands import bindings, find
from tracker.tui.messages import DatabaseChanged, JobsChanged, Loaded, WorkFailed
from tracker.tui.model import View, natural
from tracker.tui.screens.main import MainScreen
from tracker.tui.signs import legend_counts
from tracker.tui.sources import Side, Source
from tracker.tui.work import JobView


class Kerntrack(App[None]):
    """`kerntrack tui`. Everything it knows comes from `source`, all work runs in `queue`."""

    TITLE = "kerntrack"
    CSS_PATH = "kerntrack.tcss"
    BINDINGS = bindings("anywhere")
    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]]] = [(0, "-narrow"), (120, "-wide"), (150, "-huge")]
    VERTICAL_BREAKPOINTS: ClassVar[list[tuple[int, str]]] = [(0, "-low"), (20, "-high")]

    def __init__(
        self,
        source: Source,
        *,
        queue: Queue | None = None,
        readonly: bool = False,
        poll_seconds: float = 1.0,
    ) -> None:
        super().__init__()
        self.source = source
        self.queue = queue or Queue()
        self.readonly = readonly
        self.kernels: Sequence[KernelStatus] = ()
        self.counts: dict[str, int] = {}
        self.loaded = False
        self.trouble = ""
        self.jobs: Sequence[JobView] = ()
        self.watching = False
        self._failures: list[JobView] = []
        self._told: set[int] = set()
        self._loading = False
        self._load_again = False
        self._jobs_posted = False
        self._poll_seconds = poll_seconds
        self._stop = Event()
        self._clock: Timer | None = None

    # life

    def get_default_screen(self) -> MainScreen:
        """The matrix."""
        return MainScreen(View())

    def on_mount(self) -> None:
        """Load, listen to the queue, follow the database."""
        self.reload()
        self.queue.subscribe(self._job_changed)
        self._clock = self.set_interval(0.5, self._tick, pause=True)
        self._follow()

    def on_unmount(self) -> None:
        """Stop listening; running jobs are cancelled and their processes killed."""
        self._stop.set()
        self.queue.unsubscribe(self._job_changed)
        self.queue.close()

    @property
    def main(self) -> MainScreen:
        """The screen at the bottom of the stack."""
        screen = self.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def modes(self) -> list[str]:
        """Modes worth a word in the title line."""
        found = ["read-only"] if self.readonly else []
        found += ["watching"] if self.watching else []
        return found + ([self.trouble] if self.trouble and self.loaded else [])

    # loading

    def reload(self) -> None:
        """Read all statuses in a thread; a request during a read causes one more."""
        if self._loading:
            self._load_again = True
            return
        self._loading = True
        background(self, "load the matrix", self._read, lambda found: found)

    def _read(self) -> Loaded:
        kernels = sorted(self.source.statuses(), key=natural)
        return Loaded(kernels, legend_counts(kernels, self.source.archs))

    def on_loaded(self, message: Loaded) -> None:
        """Draw what was read."""
        self._load_ended()
        self.loaded, self.trouble = True, ""
        self.kernels, self.counts = message.kernels, message.counts
        self.main.refresh_rows()

    def _load_ended(self) -> None:
        self._loading = False
        if self._load_again:
            self._load_again = False
            self.reload()

    def _follow(self) -> None:
        """Notice writes of other processes: a thread asks for the database's version once in a while."""

        def wait_for_change() -> None:
            before = self.source.version()
            while not self._stop.wait(self._poll_seconds):
                now = self.source.version()
                if now != before:
                    before = now
                    self.post_message(DatabaseChanged())

        background(self, "follow the database", wait_for_change, lambda _: DatabaseChanged())

    def on_database_changed(self) -> None:
        """Read again."""
        if not self._stop.is_set():
            self.reload()

    # jobs

    def _job_changed(self, job: Job, event: object) -> None:
        """Called in a worker's thread: a burst of changes becomes one message."""
        if not self._jobs_posted:
            self._jobs_posted = True
            self.post_message(JobsChanged())

    def on_jobs_changed(self) -> None:
        """Draw the queue; an ended job says how it went."""
        self._jobs_posted = False
        self._refresh_jobs()
        for job in self.jobs:
            if job.over and job.id not in self._told:
                self._told.add(job.id)
                self._tell_end(job)

    def _refresh_jobs(self) -> None:
        self.jobs = [*self._failures, *(work.view(job) for job in self.queue.jobs())]
        if self._clock:
            (self._clock.resume if any(job.state == "running" for job in self.jobs) else self._clock.pause)()
        for screen in self.screen_stack:
            if hasattr(screen, "refresh_jobs"):
                screen.refresh_jobs()

    def _tick(self) -> None:
        self._refresh_jobs()

    def _tell_end(self, job: JobView) -> None:
        severity: Any = {"failed": "error", "bad news": "warning", "cancelled": "warning"}.get(job.state, "information")
        words = "cancelled; what it finished is kept" if job.state == "cancelled" else job.message
        self.notify(words or job.state, title=job.title, severity=severity, markup=False)
        self.reload()

    def on_work_failed(self, message: WorkFailed) -> None:
        """An exception in a thread of ours becomes a failed job."""
        failed = work.failure(len(self._failures) + 1, message.title, message.error)
        self._failures.append(failed)
        if message.title == "load the matrix":
            self.trouble = f"cannot read the database: {failed.message}"
            self._load_ended()
            self.main.refresh_rows()
        self.notify(failed.message, title=f"failed: {message.title}", severity="error", markup=False)
        self._refresh_jobs()

    def submit_scan(self) -> None:
        """Scan the sources."""
        if self._may_change():
            self.queue.submit("scan", "scan", self.source.scan())

    def submit(self, verb: str, kernels: Sequence[KernelStatus], archs: Sequence[str]) -> None:
        """Start `compile`, `verify` or `verify again` for the kernels that have a port."""
        ported = [kernel for kernel in kernels if kernel.port_symbol]
        if not self._may_change():
            return
        if not ported:
            self.notify(f"nothing to {verb}: no HIP kernel here", severity="warning")
            return
        symbols = [kernel.symbol for kernel in ported]
        names = symbols[0] if len(symbols) == 1 else f"{len(symbols)} kernels"
        where = archs[0] if len(archs) == 1 else f"{len(archs)} archs"
        key = f"{verb} {' '.join(symbols)} on {' '.join(archs)}"
        if verb == "compile":
            action = self.source.compile(symbols, archs)
        else:
            action = self.source.verify(symbols, archs, verb == "verify again")
        self.queue.submit(key, f"{verb} {names} on {where}", action)
        if len(ported) < len(kernels):
            self.notify(f"{len(kernels) - len(ported)} of {len(kernels)} have no port and are left out", timeout=4)

    def cancel_newest(self) -> None:
        """Cancel the newest job that is not over."""
        live = [job for job in self.jobs if not job.over]
        if live:
            self.queue.cancel(live[-1].id)
        else:
            self.notify("no job is running", timeout=2)

    def _may_change(self) -> bool:
        if self.readonly:
            self.notify("started with --readonly: nothing can be changed", severity="warning")
        return not self.readonly

    # what screens ask for

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what cannot be done now."""
        where = getattr(self.screen, "WHERE", "anywhere")
        command = find(action, where)
        if command and command.changes and self.readonly:
            return None
        return True

    def remember(self) -> None:
        """Note where the user is."""

    def open_kernel(self, kernel: KernelStatus) -> None:
        """A kernel's own page."""

    def open_map(self) -> None:
        """The map."""

    def open_jobs(self) -> None:
        """The jobs."""

    def toggle_watch(self) -> None:
        """Watch."""

    def edit(self, kernel: KernelStatus, side: Side) -> None:
        """Edit."""

    def copy(self, kernels: Sequence[KernelStatus], what: str) -> None:
        """Copy."""
