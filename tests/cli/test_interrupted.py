"""Ctrl-C while the program leaves; while it loads: see test_mistakes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tracker.cli import INTERRUPTED
from tracker.errors import ExitCode

ROOT = Path(__file__).parents[2]
PRINTS = "print('now', flush=True)"
WAITING_FOR_A_THREAD = f"threading.Thread(target=lambda: (time.sleep(2), {PRINTS}, time.sleep(30))).start()"
LAST = f"atexit.register(lambda: ({PRINTS}, time.sleep(1)))"


@pytest.mark.parametrize(("before", "code"), [(WAITING_FOR_A_THREAD, 130), (LAST, 0)], ids=["leaving", "last"])
def test_the_exit_code_is_never_that_of_a_killed_program(before: str, code: int) -> None:
    program = f"import atexit, sys, threading, time\n{before}\nfrom tracker.cli import main\nmain()"
    command = [sys.executable, "-c", program, "--version"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout and running.stderr
        while running.stdout.readline() != "now\n":
            pass
        os.kill(running.pid, signal.SIGINT)
        assert running.wait(20) == code
        assert "Traceback" not in running.stderr.read()


def test_the_code_is_the_documented_one() -> None:
    assert INTERRUPTED == ExitCode.INTERRUPTED
