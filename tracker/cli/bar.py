"""The progress bar of a terminal."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tracker.actions.events import Plan, Step


class Bar:
    """Drawn while an action works, gone afterwards."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(
            *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._task = self._progress.add_task("", total=None)
        self._progress.start()

    def plan(self, plan: Plan) -> None:
        """Begin anew with `plan.total` steps."""
        self._progress.reset(self._task, total=plan.total, description=plan.title)

    def step(self, step: Step) -> None:
        """Move it."""
        self._progress.update(self._task, completed=step.done)

    def end(self) -> None:
        """Take it away."""
        self._progress.stop()
