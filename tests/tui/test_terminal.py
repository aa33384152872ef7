"""The whole program in a real terminal: scan, filter, verify one kernel, cancel another, quit."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernels import HIP_SOURCES

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"),
    pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc"),
]
PATIENCE = 120.0
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


def processes(part: str) -> list[str]:
    """Command lines of running processes that mention `part`."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if part in line and "tmux" not in line:
            found.append(line)
    return found


def test_from_an_empty_project_to_evidence(terminal: Terminal, tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
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
    terminal.press("C")
    terminal.wait("▶ compile")
    end = time.monotonic() + PATIENCE
    while not processes(cache) and time.monotonic() < end:
        time.sleep(0.02)
    assert processes(cache), "a compiler runs"
    terminal.press("x")
    cancelled = time.monotonic()
    while processes(cache) and time.monotonic() < cancelled + 5:
        time.sleep(0.02)
    assert time.monotonic() < cancelled + 1.0, "no process is left after a second"
    terminal.wait("■ compile")
    terminal.press("q")
    end = time.monotonic() + PATIENCE
    while processes(str(tmp_path / "port")) and time.monotonic() < end:
        time.sleep(0.05)
    assert not processes(str(tmp_path / "port")), "the program has ended"
