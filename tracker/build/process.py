"""Running a compiler so that it can be stopped: it and its children form a process group of their own."""

import contextlib
import logging
import os
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tracker.cancel import Cancel

LOG = logging.getLogger(__name__)
GRACE = 0.3
"""Seconds between asking a process group to end and ending it."""


@dataclass(frozen=True)
class Ended:
    """How a command came to its end. `outcome` is `built`, `failed`, `timed out` or `cancelled`."""

    returncode: int
    output: str
    """stdout and stderr together."""
    outcome: str


def shell(command: tuple[str, ...]) -> str:
    """The command line as one would type it."""
    return shlex.join(command)


def run(command: tuple[str, ...], folder: Path, cancel: Cancel, deadline: float) -> Ended:
    """Run `command` in `folder` until it ends, `cancel` is set or `time.monotonic()` reaches `deadline`."""
    log = folder / "output.txt"
    started = time.monotonic()
    LOG.info("run %s", shell(command))
    try:
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
            )
    except OSError as error:
        return Ended(127, f"{shell(command)}: {error.strerror}\n", "failed")
    try:
        outcome = _wait(process, cancel, deadline)
    finally:
        _end_group(process)
    LOG.info("%s with code %d after %.2f s", outcome, process.returncode, time.monotonic() - started)
    return Ended(process.returncode, log.read_text(encoding="utf-8", errors="replace"), outcome)


def _wait(process: subprocess.Popen[bytes], cancel: Cancel, deadline: float) -> str:
    while True:
        try:
            return "built" if process.wait(0.05) == 0 else "failed"
        except subprocess.TimeoutExpired:
            if cancel.is_set():
                return "cancelled"
            if time.monotonic() > deadline:
                return "timed out"


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the process group, politely first."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
