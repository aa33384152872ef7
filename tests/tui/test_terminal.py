"""The whole program in a real terminal: scan, filter, verify one kernel, cancel another, quit."""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kernels import HIP_SOURCES

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"),
    pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc"),
]
PATIENCE = 60.0
CONFIG = f"""
baselines = ["candle-1a0f9ccf1"]
hip = ["{HIP_SOURCES / "q5_1.hip"}", "{HIP_SOURCES / "q5_0.hip"}", "{HIP_SOURCES / "q4_0.hip"}"]
archs = ["gfx1030"]
"""


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, socket: Path, command: str, environment: dict[str, str]) -> None:
        self.tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        words = [*self.tmux, "new-session", "-d", "-x", "110", "-y", "30", command]
        subprocess.run(words, check=True, env=environment)

    def press(self, *keys: str) -> None:
        """Send keys as tmux names them."""
        subprocess.run([*self.tmux, "send-keys", *keys], check=True)

    def text(self) -> str:
        """What stands on the screen; empty when the program has ended."""
        return subprocess.run([*self.tmux, "capture-pane", "-p"], capture_output=True, text=True).stdout

    def process(self) -> int:
        """The id of the program."""
        words = [*self.tmux, "display-message", "-p", "#{pane_pid}"]
        return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)

    def wait(self, *words: str, absent: bool = False) -> None:
        """Wait until all words stand on the screen, or none of them does."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            text = self.text()
            if all((word in text) != absent for word in words):
                return
            time.sleep(0.1)
        raise AssertionError(f"{words} (absent: {absent}) not seen:\n{self.text()}")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    (tmp_path / "port").mkdir()
    (tmp_path / "port" / "kerntrack.toml").write_text(CONFIG)
    homes = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_STATE_HOME": str(tmp_path / "state")}
    environment = {**os.environ, **homes, "TERM": "xterm-256color"}
    command = shlex.join([sys.executable, "-m", "tracker", "-C", str(tmp_path / "port"), "tui"])
    socket = tmp_path / "tmux"
    yield Terminal(socket, command, environment)
    subprocess.run(["tmux", "-S", str(socket), "kill-server"], capture_output=True)


def compilers(root: int) -> list[str]:
    """Command lines of the compilers among the descendants of a process."""
    parents: dict[int, int] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            parents[int(file.parent.name)] = int(file.read_text().rpartition(")")[2].split()[1])
    family = {root}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    found = []
    for process in family:
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
            found += [" ".join(words)] if "clang" in words or "clang" in Path(words[0]).name else []
    return found


def until(happened: Callable[[], object], seconds: float = PATIENCE) -> float:
    """Wait for something and return how long it took."""
    start = time.monotonic()
    while not happened():
        assert time.monotonic() < start + seconds
        time.sleep(0.02)
    return time.monotonic() - start


def test_from_an_empty_project_to_evidence(terminal: Terminal) -> None:
    terminal.wait("press s to scan")
    terminal.press("s")
    terminal.wait("of 126 shown", "36/123 ported · 3 extra")
    terminal.press("/")
    terminal.press("-l", "dequantize_block_q5_1_f32")
    terminal.press("Enter")
    terminal.wait("1 of 126 shown")
    terminal.press("Down")
    terminal.press("v")
    terminal.wait("◐ emulated", "passed · ")
    terminal.press("Escape")
    terminal.wait("126 of 126 shown")
    terminal.press("C")
    terminal.wait("▶ compile")
    program = terminal.process()
    until(lambda: compilers(program))
    terminal.press("x")
    assert until(lambda: not compilers(program), 10) < 1.0, "no compiler is left after a second"
    terminal.wait("■ compile")
    terminal.press("q")
    until(lambda: not Path(f"/proc/{program}").exists())
