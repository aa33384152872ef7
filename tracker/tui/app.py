"""The app: its screens, and what they ask of the terminal."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual.command import Provider
from textual.content import Content

from db.views import KernelStatus
from tracker.jobs.queue import Queue
from tracker.tui import memory
from tracker.tui.commands import Command, bindings, find
from tracker.tui.memory import Memory
from tracker.tui.outside import Outside
from tracker.tui.screens.main import MainScreen
from tracker.tui.sources import Source


def _commands() -> type[Provider]:
    """The palette's commands, loaded when it is opened first."""
    from tracker.tui.provider import Commands

    return Commands


def _kernels() -> type[Provider]:
    """The palette's kernels."""
    from tracker.tui.provider import Kernels

    return Kernels


class Kerntrack(Outside):
    """`kerntrack tui`. Everything it knows comes from `source`, all work runs in `queue`."""

    TITLE = "kerntrack"
    CSS_PATH = Path(__file__).with_name("kerntrack.tcss")
    BINDINGS = bindings("anywhere")
    ALLOW_IN_MAXIMIZED_VIEW = "KeyLine, FilterBar"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands, _kernels}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide"), (170, "-huge")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]  # noqa: RUF012

    def __init__(
        self,
        source: Source,
        *,
        queue: Queue | None = None,
        readonly: bool = False,
        memory_file: Path | None = None,
        keys: Mapping[str, str] | None = None,
        poll_seconds: float = 1.0,
    ) -> None:
        super().__init__(source, queue, readonly, poll_seconds)
        self.keys: Mapping[str, str] = keys or {}
        """Other keys than the registry's, see `keymap`."""
        self.set_keymap(self.keys)
        self._memory_file = memory_file
        self._memory = memory.load(memory_file) if memory_file else Memory()
        self.main = MainScreen(self._memory.view, self._memory.cursor, self._memory.detail)

    def get_default_screen(self) -> MainScreen:
        """The matrix."""
        return self.main

    def on_mount(self) -> None:
        """Load, listen to the queue, follow the database."""
        if self._memory.theme in self.available_themes:
            self.theme = self._memory.theme
        self.reload()
        self.start_working()
        self.follow()

    def on_unmount(self) -> None:
        """Stop every thread and remember where the user was."""
        self.stopping.set()
        self.stop_working()
        if self._memory_file:
            file, kept = (
                self._memory_file,
                Memory(self.main.view, self.main.cursor_key, self.main.detail_on, self.theme),
            )
            self.attempt("remember the view", lambda: memory.save(file, kept))

    @property
    def modes(self) -> list[str]:
        """Modes worth a word in the title line."""
        found = ["read-only"] if self.readonly else []
        found += ["watching"] if self.watching else []
        found += [f"paused{', older than the database' if self.missed else ''}"] if self.paused else []
        return found + ([text.splitlines()[0] for text in self.troubles.values()] if self.loaded else [])

    def is_on(self, action: str) -> bool:
        """Whether an action that goes on until its key is pressed again is in force."""
        on = {"pause": self.paused, "watch": self.watching, "enlarge": self.screen.maximized is not None}
        return on.get(action, False)

    def can(self, action: str, where: str) -> bool | None:
        """Whether a screen's action works now: None dims what --readonly refuses, False hides what has no object."""
        command = find(action, where)
        if action in ("cancel", "cancel_all") and all(job.over for job in self.jobs):
            return False
        return None if command and command.changes and self.readonly else True

    # screens: loaded when first wanted, so that the start does not wait for them

    def open_kernel(self, kernel: KernelStatus) -> None:
        """A kernel's own page."""
        from tracker.tui.screens.kernel import KernelScreen

        self.push_screen(KernelScreen(kernel))

    def open_viewer(self, content: Content) -> None:
        """One text on the whole screen."""
        from tracker.tui.screens.viewer import ViewerScreen

        self.push_screen(ViewerScreen(content))

    def open_columns(
        self, columns: Sequence[str], hidden: frozenset[str], done: Callable[[frozenset[str]], None]
    ) -> None:
        """Let the user choose columns; `done` gets those to hide."""
        from tracker.tui.screens.columns import ColumnsScreen

        self.push_screen(ColumnsScreen(columns, hidden), lambda found: done(found or frozenset()))

    def open_map(self) -> None:
        """The map."""
        from tracker.tui.screens.map import MapScreen

        self.push_screen(MapScreen())

    def open_jobs(self) -> None:
        """The jobs."""
        from tracker.tui.screens.jobs import JobsScreen

        self.push_screen(JobsScreen())

    def open_history(self) -> None:
        """The runs of the past."""
        from tracker.tui.screens.history import HistoryScreen

        self.push_screen(HistoryScreen())

    def open_workers(self) -> None:
        """The cluster's workers."""
        from tracker.tui.screens.workers import WorkersScreen

        self.push_screen(WorkersScreen())

    def open_menu(self, title: str, entries: Sequence[Command]) -> None:
        """Let the user choose a command; it is run on the screen from which the menu was opened."""
        from tracker.tui.screens.menu import Menu

        screen = self.screen

        async def run(chosen: Command | None) -> None:
            if chosen:
                await screen.run_action(chosen.name)

        self.push_screen(Menu(title, entries, self.keys), run)

    def action_enlarge(self) -> None:
        """The focused pane on the whole screen, or back."""
        if self.screen.maximized:
            self.screen.minimize()
        elif self.focused:
            self.screen.maximize(self.focused, container=False)
        self.screen.refresh_bindings()

    def action_help(self) -> None:
        """What every key does here."""
        from tracker.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(getattr(self.screen, "WHERE", "matrix"), self.keys))

    def action_quit_now(self) -> None:
        """Leave; running jobs are cancelled."""
        self.exit()

    async def action_quit(self) -> None:
        """Leave; a running job is worth a question."""
        live = sum(not job.over for job in self.jobs)
        if not live:
            self.exit()
            return
        from tracker.tui.screens.confirm import Confirm

        jobs = "A job is" if live == 1 else f"{live} jobs are"
        self.push_screen(Confirm(f"{jobs} running. Cancel and quit?"), lambda yes: self.exit() if yes else None)
