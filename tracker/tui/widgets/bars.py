"""The one-line bars: what is shown, the legend whose entries are switches, and the job in hand."""

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tracker.signs import STALE, STATES, TOGGLES, Sign
from tracker.tui.describe import line
from tracker.tui.work import JobView


def legend_sign(state: str) -> Sign:
    """The sign of a legend entry; one sign stands for all failures."""
    if state == "stale":
        return STALE
    if state == "failed":
        return Sign("✗", "failed", STATES["build failed"].style, "a build, emulation or verification failed")
    return STATES[state]


Numbers = tuple[int, int, int, tuple[int, int]]
"""Kernels shown, marked, known; CUDA kernels ported, of how many."""


class Summary(Widget):
    """Project, how many kernels are shown and ported, and the modes that are on."""

    DEFAULT_CSS = "Summary { height: 1; background: $panel; }"

    def __init__(self) -> None:
        super().__init__(id="summary")
        self._content = Content("")

    def show(self, title: str, numbers: Numbers, modes: Sequence[str]) -> None:
        """Draw other numbers."""
        shown, marked, known, (done, asked) = numbers
        parts: list[str | tuple[str, str]] = [
            (" kerntrack ", "bold $text-primary"),
            (title, "bold $foreground"),
            f"  {shown} of {known} shown",
        ]
        parts += [(f" · {marked} marked", "bold $text-accent")] if marked else []
        parts += [f" · {done}/{asked} ported"]
        parts += [f" · {known - asked} extra"] if known > asked else []
        parts += [(f" · {mode}", "$text-warning") for mode in modes]
        self._content = line(*parts)
        self.refresh()

    def render(self) -> Content:
        """The line."""
        return self._content


class Legend(Widget):
    """Signs with their counts. A click or its number shows only rows in that state."""

    DEFAULT_CSS = "Legend { height: 1; background: $panel; }"

    class Switched(Message):
        """An entry was clicked."""

        def __init__(self, state: str) -> None:
            super().__init__()
            self.state = state

    def __init__(self) -> None:
        super().__init__(id="legend")
        self.counts: dict[str, int] = {}
        self.only: frozenset[str] = frozenset()

    def show(self, counts: dict[str, int], only: frozenset[str]) -> None:
        """Draw other counts."""
        self.counts, self.only = counts, only
        self.refresh()

    def render(self) -> Content:
        """All entries, with words where the width allows."""
        return Content(" ").join([Content("")] + [self._entry(state, words) for state, words in self._entries()])

    def on_click(self, event: events.Click) -> None:
        """Switch the entry under the mouse."""
        x = 1
        for state, words in self._entries():
            width = self._entry(state, words).cell_length
            if x <= event.x < x + width:
                self.post_message(self.Switched(state))
                return
            x += width + 1

    def _entries(self) -> list[tuple[str, bool]]:
        wide = sum(self._entry(state, True).cell_length + 1 for state in TOGGLES) < self.size.width
        return [(state, wide) for state in TOGGLES]

    def _entry(self, state: str, words: bool) -> Content:
        sign, number = legend_sign(state), TOGGLES.index(state) + 1
        text = f"{sign.mark}{' ' + sign.word if words else ''} {self.counts.get(state, 0)}"
        faint = bool(self.only) and state not in self.only
        style = "$foreground-disabled" if faint else sign.style
        chosen = " underline" if state in self.only else ""
        return line((f"{number}", "$foreground-muted"), (text, style + chosen))


class JobBar(Widget):
    """The running job with its progress, and how many wait or failed."""

    DEFAULT_CSS = "JobBar { height: 1; background: $panel; display: none; }"

    def __init__(self) -> None:
        super().__init__(id="jobbar")
        self.jobs: Sequence[JobView] = ()

    def show(self, jobs: Sequence[JobView]) -> None:
        """Draw the state of the queue."""
        self.jobs = jobs
        self.display = bool(jobs)
        self.refresh()

    def render(self) -> Content:
        """The newest running job, else the newest ended one."""
        if not self.jobs:
            return Content("")
        running = [job for job in self.jobs if job.state == "running"]
        waiting = sum(job.state == "queued" for job in self.jobs)
        failed = sum(job.state == "failed" for job in self.jobs)
        job = running[-1] if running else self.jobs[-1]
        others = [f"{len(running)} running"] if len(running) > 1 else []
        others += [f"{waiting} waiting"] if waiting else []
        tail = (f"  {failed} failed (J)", "bold $text-error") if failed else ""
        return line(" ", *job_parts(job, max(10, self.size.width // 6)), *(f" · {text}" for text in others), tail)


JOB_SIGNS = {
    "queued": ("…", "$foreground-muted"),
    "running": ("▶", "$text-primary"),
    "done": ("✔", "$text-success"),
    "bad news": ("✗", "$text-error"),
    "failed": ("✗", "bold $text-error"),
    "cancelled": ("■", "$text-warning"),
}


def job_parts(job: JobView, width: int) -> list[tuple[str, str]]:
    """Sign, title, bar, time and last message of a job."""
    mark, style = JOB_SIGNS[job.state]
    found = [(f"{mark} {job.title} ", style)]
    if job.state == "running" and job.total:
        full = min(width, width * job.done // job.total)
        found += [("━" * full, "$text-primary"), ("─" * (width - full), "$foreground-disabled")]
        found += [(f" {job.done}/{job.total}", "$foreground")]
    found += [(f" {job.seconds:.0f} s", "$foreground-muted"), (f"  {job.message}", "$foreground")]
    return found
