"""Runs an action: progress and narration on stderr, its results to the caller, Ctrl-C to its `Cancel`."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.text import Text

from tracker.actions.events import Event, Finished, Note, Plan, Step
from tracker.cancel import Cancel
from tracker.cli.session import Session
from tracker.errors import ExitCode

if TYPE_CHECKING:
    from tracker.cli.bar import Bar

LEVELS = {"info": "dim", "warning": "yellow", "error": "bold red"}


class Reporter:
    """Where an action's words go. The progress bar is only drawn on a terminal, and not among lines of a log."""

    def __init__(self, session: Session) -> None:
        self._out, self._err = session.stdout(), session.stderr()
        self._draws = self._err.is_terminal and not session.logs_to_stderr
        self._bar: Bar | None = None

    def __enter__(self) -> "Reporter":
        if self._draws:
            from tracker.cli.bar import Bar  # loaded for those who see it

            self._bar = Bar(self._err)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.end()

    def plan(self, plan: Plan) -> None:
        """Begin a bar of `plan.total` steps."""
        if self._bar:
            self._bar.plan(plan)

    def step(self, step: Step) -> None:
        """Move the bar."""
        if self._bar:
            self._bar.step(step)

    def narrate(self, message: str, style: str = "") -> None:
        """Words for the user, on stderr."""
        self._err.print(Text(message, style), soft_wrap=True)

    def data(self, what: RenderableType) -> None:
        """A result, on stdout. On a terminal that shows the bar too it is printed above it."""
        console: Console = self._err if self._draws and self._out.is_terminal else self._out
        console.print(what, soft_wrap=not console.is_terminal)


def follow(
    session: Session, start: Callable[[Cancel], Iterator[Event]], show: Callable[[Reporter, Event], None]
) -> Finished:
    """Run an action to its end. `show` gets every event that is a result. Raises what the action raises."""
    cancel = Cancel()
    finished = Finished(False, "the action ended without a result", {})
    with _interruptible(cancel), Reporter(session) as reporter:
        for event in start(cancel):
            if isinstance(event, Plan):
                reporter.plan(event)
            elif isinstance(event, Step):
                reporter.step(event)
            elif isinstance(event, Note):
                reporter.narrate(event.message, LEVELS[event.level])
            elif isinstance(event, Finished):
                finished = event
            else:
                show(reporter, event)
    numbers = {name: each for name, each in finished.summary.items() if type(each) in (int, float)}
    session.counts.update(numbers)
    return finished


def exit_code(finished: Finished) -> ExitCode:
    """What a command ends with that has nothing else to say about it."""
    return ExitCode.GOOD if finished.good else ExitCode.TIMEOUT if finished.late else ExitCode.BAD_NEWS


@contextmanager
def _interruptible(cancel: Cancel) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM asks the action to stop, a second Ctrl-C ends the program."""

    def ask(number: int, frame: FrameType | None) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
