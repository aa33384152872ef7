"""Runs work in threads so that no exception is lost: each becomes a message that is shown as a failed job."""

from collections.abc import Callable
from typing import TypeVar

from textual.app import App
from textual.message import Message

from db.errors import DatabaseError
from tracker.errors import KerntrackError
from tracker.tui.messages import WorkFailed

Result = TypeVar("Result")


def explain(error: BaseException) -> str:
    """What a failed job says: a user's error with its remedy, anything else with its kind."""
    if isinstance(error, KerntrackError | DatabaseError):
        return f"{error.message}\n{error.remedy}".strip()
    return f"{type(error).__name__}: {error}"


def background(app: App[None], title: str, work: Callable[[], Result], done: Callable[[Result], Message]) -> None:
    """Run `work` in a thread; post `done(result)`, or `WorkFailed` when either raises."""

    def guarded() -> None:
        try:
            message = done(work())
        except Exception as error:  # the boundary: whatever broke must be seen
            message = WorkFailed(title, explain(error))
        app.post_message(message)

    app.run_worker(guarded, name=title, thread=True, exit_on_error=False)
