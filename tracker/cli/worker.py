"""`kerntrack worker`: serve a scheduler until Ctrl-C."""

import signal
from types import FrameType

from tracker.cancel import Cancel
from tracker.cli.session import Session
from tracker.cluster.worker import serve
from tracker.errors import ExitCode


def run(session: Session, scheduler: str, threads: int | None) -> ExitCode:
    """Work for a scheduler. Raises UsageError and AbsentError when a connection cannot be allowed or made."""
    console = session.stderr()
    cancel = Cancel()

    def ask(number: int, frame: FrameType | None) -> None:
        cancel.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    serve(scheduler, threads, cancel, lambda words: console.print(words, soft_wrap=True, markup=False))
    return ExitCode.GOOD
