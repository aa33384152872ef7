"""The real source: reads the project's database and files, starts the program's actions."""

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from typing import TYPE_CHECKING

from db import matrix
from db.views import KernelFacts, KernelStatus, Location, Outcome, RunRecord
from tracker.actions.events import Event
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.devices.revision import emulator_name
from tracker.errors import UsageError
from tracker.jobs import watching
from tracker.tui.describe import declared
from tracker.tui.sources import Action, Page, Side, SourceText

if TYPE_CHECKING:  # SQLAlchemy is loaded for what only some look at, never for the start
    from sqlalchemy import Engine

    from tracker.actions.workers import Seen

MOST_RUNS = 500
"""Runs of the past to show."""
LOOK_SECONDS = 2.0
"""From one look at the cluster to the next."""


class ProjectSource:
    """A `Source` over one project. The database is opened on first use, in whatever thread that is."""

    def __init__(self, project: Project, readonly: bool = False) -> None:
        self.project = project
        self.title = project.root.name
        self.archs, self.ignore = project.archs, project.ignore
        self._readonly = readonly
        self._lock = Lock()
        self._opened: Engine | None = None
        self._watcher: sqlite3.Connection | None = None

    @property
    def _engine(self) -> "Engine":
        from tracker.actions.store import open_store

        with self._lock:
            if self._opened is None:
                self._opened = open_store(self.project, read_only=self._readonly)
            return self._opened

    def statuses(self) -> list[KernelStatus]:
        """Every kernel, as derived from evidence now."""
        found = matrix.read(self.project.database, self.archs, emulator_name())
        if found is None:
            from db import queries

            found = queries.status(self._engine, self.archs)
        return found

    def version(self) -> int:
        """It changes whenever another connection has committed; of a file it is SQLite's data version."""
        database = self.project.database
        if isinstance(database, str):
            from db import server

            return server.version(self._engine)
        if self._watcher is None:
            if not database.is_file():
                _ = self._engine  # creates it, or says why not
            address = f"{database.resolve().as_uri()}?mode=ro"
            self._watcher = sqlite3.connect(address, uri=True, check_same_thread=False)
        return int(self._watcher.execute("pragma data_version").fetchone()[0])

    def page(self, kernel: KernelStatus) -> Page:
        """Sources, facts, checks and builds of one kernel."""
        from db import queries
        from tracker.actions import hazards

        symbols = hazards.symbols_of([kernel])
        found = hazards.looked(self._engine, queries.findings(self._engine, symbols))
        cuda = self._facts("cuda", kernel.symbol if kernel.baseline else None)
        hip = self._facts("hip", kernel.port_symbol)
        checks = queries.evidence(self._engine, kernel.port_symbol) if kernel.port_symbol else []
        builds = [
            attempt
            for arch in self.archs
            for attempt in (queries.builds(self._engine, hip.source, arch, 20) if hip else [])
        ]
        files = {facts.source for facts in (cuda, hip) if facts}
        return Page(
            self._text(kernel.baseline, "cuda"),
            self._text(kernel.port_location, "hip"),
            cuda,
            hip,
            checks,
            sorted(builds, key=lambda attempt: attempt.id, reverse=True),
            [message for message in queries.diagnostics(self._engine) if message.source in files],
            sorted(found.findings, key=lambda each: hazards.SEVERITIES.index(each.severity)),
            found.summary(),
            [
                caller
                for caller in queries.callers(self._engine)
                if any(fnmatchcase(symbol, caller.name) for symbol in symbols)
            ],
        )

    def names(self, kernels: Sequence[KernelStatus]) -> list[str]:
        """Names as declared; where a side was never scanned, the symbol is all there is."""
        from db import queries

        sides: tuple[Side, Side] = ("hip", "cuda")
        known = {facts.symbol: facts for side in sides for facts in queries.kernels(self._engine, side)}
        return [declared(known[kernel.symbol]) if kernel.symbol in known else kernel.symbol for kernel in kernels]

    def outcomes(self) -> Sequence[Outcome]:
        """Every check, oldest first."""
        from db.progress import outcomes

        return outcomes(self._engine)

    def runs(self) -> Sequence[RunRecord]:
        """Every action of the past, newest first."""
        from db import queries

        return queries.runs(self._engine, limit=MOST_RUNS)

    def _facts(self, side: Side, symbol: str | None) -> KernelFacts | None:
        from db import queries

        found = queries.kernels(self._engine, side, symbol) if symbol else []
        return found[0] if found else None

    def _text(self, place: Location | None, side: Side) -> SourceText:
        if place is None:
            return SourceText(
                "", 1, None, "no CUDA kernel pairs with it" if side == "cuda" else "no HIP kernel answers to it"
            )
        path = self._find(place)
        if path is None:
            remedy = (
                "known from a recorded inventory; name the checkout under `cuda` in kerntrack.toml to see its source"
            )
            return SourceText(place.path, place.line, None, f"{place.path} is not at hand: {remedy}")
        return SourceText(place.path, place.line, path.read_text(encoding="utf-8", errors="replace"))

    def _find(self, place: Location) -> Path | None:
        path = self.project.root / place.path
        return path if path.is_file() else None

    def locate(self, kernel: KernelStatus, side: Side) -> tuple[Path, int]:
        """File and line. Raises UsageError when the side has no file here."""
        place = kernel.baseline if side == "cuda" else kernel.port_location
        path = self._find(place) if place else None
        if place is None or path is None:
            found = self._text(place, side)
            raise UsageError(found.note or f"{found.path}: no such file")
        return path, place.line

    def watched(self) -> Sequence[Path]:
        """Every configured source folder and file that exists."""
        return watching.sources(self.project)

    def workers(self, left: Flag) -> Iterator["Seen | None"]:
        """Looks at the project's cluster."""
        if self.project.cluster is None:
            yield None
            return
        from tracker.actions.workers import watch

        yield from watch(self.project.cluster, left, LOOK_SECONDS)

    def scan(self) -> Action:
        """Scan the project's sources."""

        def run(cancel: Cancel) -> Iterator[Event]:
            from tracker.actions.scan import scan  # loads libclang: only when a scan is wanted

            return scan(self.project, cancel)

        return run

    def compile(self, symbols: Sequence[str], archs: Sequence[str]) -> Action:
        """Compile the files of these kernels."""

        def run(cancel: Cancel) -> Iterator[Event]:
            from tracker.actions.compile import Options, compile_kernels

            return compile_kernels(self.project, cancel, Options((",".join(symbols),), tuple(archs)))

        return run

    def verify(self, symbols: Sequence[str], archs: Sequence[str], again: bool) -> Action:
        """Build what is missing and check these kernels."""

        def run(cancel: Cancel) -> Iterator[Event]:
            from tracker.actions.requests import Options
            from tracker.actions.verify import verify

            _start_tracker()
            return verify(self.project, cancel, Options((",".join(symbols),), tuple(archs), again=again))

        return run


def _start_tracker() -> None:
    """Start multiprocessing's helper, which every child process needs, with the terminal's own stderr.

    It inherits the descriptor of `sys.stderr`; what Textual puts there has none and says -1, which ends in ValueError.
    """
    from multiprocessing import resource_tracker

    with redirect_stderr(sys.__stderr__):
        resource_tracker.ensure_running()
