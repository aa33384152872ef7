"""Where the program's log goes: to stderr or to a file, only when asked for. Modules write to `logging.getLogger`."""

import logging
import platform
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from db.address import describe, is_server
from tracker import __version__
from tracker.config import Project
from tracker.errors import UsageError

Level = Literal["debug", "info", "warning", "error"]
FILE = "kerntrack.log"
"""In the project's state folder: the log of the terminal program, whose screen stderr is."""
PACKAGES = ("tracker", "db", "kernels")
FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def start(level: Level, file: Path | None) -> None:
    """Log from now on: to the end of `file`, or (None) to stderr. Raises UsageError when that cannot be written."""
    try:
        handler = _to(file) if file else logging.StreamHandler()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", "name a file that can be written with --log-file") from error
    handler.setFormatter(logging.Formatter(FORMAT))
    for name in PACKAGES:
        logger = logging.getLogger(name)
        for before in logger.handlers[:]:
            logger.removeHandler(before)
            before.close()
        logger.addHandler(handler)
        logger.setLevel(level.upper())
        logger.propagate = False


def introduce(arguments: Sequence[str], project: Project) -> None:
    """Say what was called, and about which project."""
    log = logging.getLogger(__name__)
    words = (describe(word) if is_server(word) else word for word in arguments[1:])  # an address may hold a password
    log.info("kerntrack %s, Python %s: %s", __version__, platform.python_version(), shlex.join(words))
    log.info("project %s, configured in %s", project.root, project.config or "nothing: defaults")
    log.info("database %s", describe(project.database))


def _to(file: Path) -> logging.Handler:
    file.parent.mkdir(parents=True, exist_ok=True)
    return logging.FileHandler(file, encoding="utf-8")
