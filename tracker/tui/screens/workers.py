"""The workers of the project's cluster: what they offer, and what each does now."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.message import Message

from tracker.tui.background import background
from tracker.tui.commands import bindings
from tracker.tui.screens.base import KerntrackScreen
from tracker.tui.widgets.columns import Piece
from tracker.tui.widgets.keyline import KeyLine
from tracker.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from tracker.actions.workers import Seen
    from tracker.cluster.client import Worker

WATCH = "watch the workers"
NO_CLUSTER = (
    "no cluster: everything runs on this machine",
    'write cluster = "tls://HOST:8786" into kerntrack.toml, or set KERNTRACK_CLUSTER (docs/team.md)',
)
MUTED, TEXT = "$foreground-muted", "$foreground"


@dataclass
class Looked(Message):
    """Somebody looked at the cluster; None: there is none."""

    seen: "Seen | None"


class WorkersScreen(KerntrackScreen):
    """Looks again and again while it is open."""

    BINDINGS = bindings("workers")
    WHERE = "workers"

    def __init__(self) -> None:
        super().__init__()
        self._left = Event()

    def compose(self) -> ComposeResult:
        """Lines, footer."""
        yield Lines(id="workers")
        yield KeyLine(self.WHERE)

    def on_mount(self) -> None:
        """Begin to look."""
        self.query_one(Lines).show([[(" looking for the workers", MUTED)]])
        background(self.app, WATCH, self._watch, lambda _: Looked(None))

    def on_unmount(self) -> None:
        """Look no more."""
        self._left.set()

    def _watch(self) -> None:
        """In a thread: every look is drawn."""
        for seen in self.kerntrack.source.workers(self._left):
            self.post_message(Looked(seen))

    def on_looked(self, message: Looked) -> None:
        """Draw, the reader's place kept."""
        view = self.query_one(Lines)
        place = view.scroll_offset
        view.show(lines(message.seen))
        view.scroll_to(*place, animate=False)


def lines(seen: "Seen | None") -> Iterator[list[Piece]]:
    """The scheduler, then each worker with its devices and its jobs."""
    if seen is None:
        yield from ([(f" {text}", style)] for text, style in zip(NO_CLUSTER, (TEXT, MUTED), strict=True))
        return
    away = f"away: {seen.trouble}" if seen.trouble else _count(len(seen.workers))
    yield [(f" {seen.address}  ", "bold $foreground"), (away, "bold $text-error" if seen.trouble else TEXT)]
    if seen.trouble and seen.workers:
        yield [(" seen last:", MUTED)]
    if not seen.workers and not seen.trouble:
        yield [(f" nobody is connected; on each machine: kerntrack worker {seen.address}", MUTED)]
    for worker in seen.workers:
        yield from _worker(worker)


def _count(number: int) -> str:
    return "1 worker" if number == 1 else f"{number} workers"


def _worker(worker: "Worker") -> Iterator[list[Piece]]:
    waiting = worker.jobs - len(worker.doing)
    busy = f"{len(worker.doing)} running" + (f", {waiting} waiting" if waiting > 0 else "") if worker.jobs else "idle"
    yield []
    yield [
        (f" {worker.offer.host:<20}", "bold $foreground"),
        (f"{busy:<24}", "$text-success" if worker.jobs else MUTED),
        (worker.address, "$foreground-disabled"),
    ]
    offered = ", ".join(f"{count} × {name}" for name, count in worker.offer.resources.items())
    versions = ", ".join(worker.offer.toolchains.values())
    yield [(f"   offers  {offered}", TEXT), (f"  {versions}", MUTED)]
    for gpu in worker.offer.gpus:
        yield [(f"   GPU     {gpu.name}, {gpu.target}", TEXT), (f"  {gpu.runtime}", MUTED)]
    for job in worker.doing:
        yield [("   now     ", MUTED), (job, TEXT)]
