"""The command line. Importing this loads nothing; `main` loads what the command at hand needs."""

import gc
import sys
from collections.abc import Sequence

SEVERAL = ("--cuda", "--hip", "--rust")
"""Options that take every word up to the next option, so that a shell's globs can be used: `--cuda src/*.cu`."""


def main() -> None:
    """Entry point of the `kerntrack` script."""
    gc.set_threshold(100_000)  # what starting loads stays: a sixth of a short command went into looking through it
    try:
        from tracker.cli.app import app
    except KeyboardInterrupt:  # while everything is still being loaded
        sys.exit(130)
    app(args=spread(sys.argv[1:]), prog_name="kerntrack")


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
