"""`kerntrack status` on a database of 10,000 kernels × 6 architectures: medians of wall-clock and processor time.

Usage: python -m benchmarks.cli_status [ROUNDS]. Ends with 1 when `status` takes longer than its limit. On a machine
that others use too, the processor time is what it would take alone.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.tui_data import make

LIMIT = 1.5
ARCHS = ("gfx900", "gfx906", "gfx90a", "gfx942", "gfx1030", "gfx1100")
COMMANDS = (("status",), ("status", "--all"), ("status", "--format", "csv"), ("status", "--json"))
Times = tuple[float, float, float]
"""Wall clock, processor, and wall clock until the first line."""


def measure(folder: Path, words: tuple[str, ...]) -> Times:
    """One command, its output read to the end."""
    command = (sys.executable, "-m", "tracker", "-C", str(folder), *words)
    before, started = _processor(), time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        process.stdout.readline()
        first = time.perf_counter() - started
        process.stdout.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - started, _processor() - before, first


def _processor() -> float:
    """Seconds of processor time that ended children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "kerntrack.toml").write_text(f"archs = {list(ARCHS)}\n")
        make(folder / ".kerntrack" / "kerntrack.db", 10_000, ARCHS)
        timed = [[measure(folder, words) for words in COMMANDS] for _ in range(rounds)]
    medians = [[median(column) for column in zip(*times, strict=True)] for times in zip(*timed, strict=True)]
    print(f"{'10,000 × 6':<22} {'wall':>6} {'processor':>10} {'first line':>11}")
    for words, (wall, processor, first) in zip(COMMANDS, medians, strict=True):
        print(f"{' '.join(words):<22} {wall:5.2f} s {processor:8.2f} s {first:9.2f} s")
    print(f"limit of `status`: {LIMIT} s")
    return int(medians[0][0] > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
