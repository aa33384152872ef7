"""`kerntrack worker`: serve a scheduler until Ctrl-C."""

import signal
from types import FrameType

from tracker.cancel import Cancel
from tracker.cli.session import Session
from tracker.cluster.worker import serve
from tracker.errors import ExitCode, UsageError


def run(session: Session, scheduler: str | None, threads: int | None) -> ExitCode:
    """Work for a scheduler. Raises UsageError and AbsentError when a connection cannot be allowed or made."""
    address = scheduler or session.project().cluster
    if address is None:
        raise UsageError("no scheduler is named", "say kerntrack worker tls://HOST:8786")
    console = session.stderr()
    cancel = Cancel()

    def ask(number: int, frame: FrameType | None) -> None:
        cancel.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    serve(address, threads, cancel, lambda words: console.print(words, soft_wrap=True, markup=False))
    return ExitCode.GOOD
