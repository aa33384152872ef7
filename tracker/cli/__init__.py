"""The command line. Importing this loads nothing; `main` loads what the command at hand needs."""

import atexit
import gc
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

SEVERAL = ("--cuda", "--hip", "--rust")
"""Options that take every word up to the next option, so that a shell's globs can be used: `--cuda src/*.cu`."""
INTERRUPTED = 130
"""`tracker.errors.ExitCode.INTERRUPTED`, for a program that is still loading or leaving already."""


def main() -> None:
    """Entry point of the `kerntrack` script."""
    gc.set_threshold(100_000)  # what starting loads stays: a sixth of a short command went into looking through it
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)  # runs last; from then on Python would die of it
    try:
        from tracker.cli.app import app

        app(args=spread(sys.argv[1:]), prog_name="kerntrack")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    """Ctrl-C while threads are waited for at the end: everything is written."""
    os._exit(INTERRUPTED)


def spread(arguments: Sequence[str]) -> list[str]:
    """Repeat an option of `SEVERAL` before each of its words, as the parser wants it."""
    result: list[str] = []
    option, given = "", False
    for word in arguments:
        if word.startswith("-"):
            option, given = (word if word in SEVERAL else ""), False
        elif option and given:
            result.append(option)
        else:
            given = bool(option)
        result.append(word)
    return result
