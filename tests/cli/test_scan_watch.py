"""`kerntrack scan --watch`: a changed source is scanned by itself, Ctrl-C ends it."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 60.0


def test_a_change_is_scanned_and_an_interrupt_ends_it(project: Path) -> None:
    command = [sys.executable, "-u", "-m", "tracker", "-C", str(project), "scan", "--watch"]
    said: list[str] = []
    source = project / "hip" / "port.hip"
    text = source.read_text()
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr
        reader = threading.Thread(target=said.extend, args=(process.stderr,))
        reader.start()

        def scans() -> int:
            return sum("parsed hip/port.hip" in line for line in said)

        def touch_until_scanned_twice() -> bool:
            source.write_text(f"{text}\n// {time.monotonic()}\n")  # the first may come before the watching began
            time.sleep(0.5)
            return scans() > 1

        try:
            wait(lambda: any("waiting for changes" in line for line in said))
            wait(touch_until_scanned_twice)
        finally:
            process.send_signal(signal.SIGINT)
            reader.join(PATIENCE)
    assert process.returncode == 130


def wait(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)
