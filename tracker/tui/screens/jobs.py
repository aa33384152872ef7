"""The jobs: a list with progress above, the log of the chosen one below."""

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tracker.tui import log
from tracker.tui.commands import bindings
from tracker.tui.describe import line
from tracker.tui.screens.base import KerntrackScreen
from tracker.tui.widgets.bars import job_parts
from tracker.tui.widgets.keyline import KeyLine
from tracker.tui.widgets.lines import Lines
from tracker.tui.widgets.pane import Choices


class JobsScreen(KerntrackScreen):
    """Newest job first. The log follows the job while its end is in sight."""

    BINDINGS = bindings("jobs")
    WHERE = "jobs"
    AUTO_FOCUS = "#joblist"

    def __init__(self) -> None:
        super().__init__()
        self.shown: int | None = None
        self._written = 0
        self._ended = False

    def compose(self) -> ComposeResult:
        """List, log, footer."""
        yield Choices(id="joblist", compact=True)
        yield Static("", id="nojobs", markup=False)
        yield Lines(id="log")
        yield KeyLine(self.WHERE)

    @property
    def chosen(self) -> int | None:
        """The id of the job under the cursor."""
        option = self.query_one(OptionList).highlighted_option
        return int(option.id) if option and option.id else None

    def refresh_jobs(self) -> None:
        """Draw the list in place, then what the chosen job has said since."""
        listed = self.query_one(OptionList)
        jobs = list(reversed(self.kerntrack.jobs))
        self.query_one("#nojobs", Static).update("" if jobs else "no job has run yet: s scans, c compiles, v verifies")
        options = [Option(Content.assemble(" ", self._line(job_parts(job, 20))), id=str(job.id)) for job in jobs]
        if [option.id for option in options] == [option.id for option in listed.options]:
            for option in options:
                listed.replace_option_prompt(option.id or "", option.prompt)
        else:
            chosen = self.chosen
            listed.set_options(options)
            ids = [job.id for job in jobs]
            listed.highlighted = ids.index(chosen) if chosen in ids else (0 if ids else None)
        self._refresh_log()
        self.refresh_bindings()

    @staticmethod
    def _line(parts: list[tuple[str, str]]) -> Content:
        return line(*parts)

    @on(OptionList.OptionHighlighted)
    def show_log(self) -> None:
        """Another job's log."""
        self._refresh_log()

    def _refresh_log(self) -> None:
        view = self.query_one(Lines)
        if self.chosen != self.shown:
            self.shown, self._written, self._ended = self.chosen, 0, False
            view.show([])
        job = next((job for job in self.kerntrack.jobs if job.id == self.shown), None)
        if job is None:
            return
        events = self.kerntrack.queue.events(job.id) if job.id > 0 else []
        view.add(log.lines(events[self._written :]), follow=True)
        self._written = len(events)
        if job.error and not self._ended:
            self._ended = True
            view.add(log.error_lines(job.error), follow=True)

    def action_cancel(self) -> None:
        """Cancel the chosen job."""
        if self.chosen is not None:
            self.kerntrack.cancel(self.chosen)

    def action_again(self) -> None:
        """Queue the chosen job's work once more."""
        if self.chosen is not None:
            self.kerntrack.run_again(self.chosen)

    def action_copy_log(self) -> None:
        """Copy the log."""
        self.kerntrack.copy_text(self.query_one(Lines).text, "the log")
