"""`kerntrack status` and `status --json` on a database of 10,000 kernels × 6 architectures: medians of wall-clock time.

Usage: python -m benchmarks.cli_status [ROUNDS]. Ends with 1 when the limit of `status` is missed.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.tui_data import make

LIMIT = 1.5
ARCHS = ("gfx900", "gfx906", "gfx90a", "gfx942", "gfx1030", "gfx1100")
COMMANDS = (("status",), ("status", "--json"))


def seconds(folder: Path, words: tuple[str, ...]) -> float:
    """Wall-clock time of one command, its output thrown away."""
    command = (sys.executable, "-m", "tracker", "-C", str(folder), *words)
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> int:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "kerntrack.toml").write_text(f"archs = {list(ARCHS)}\n")
        make(folder / ".kerntrack" / "kerntrack.db", 10_000, ARCHS)
        timed = [[seconds(folder, words) for words in COMMANDS] for _ in range(rounds)]
    status, json = (median(column) for column in zip(*timed, strict=True))
    print(f"status, 10,000 × 6         {status:6.2f} s   (limit {LIMIT})")
    print(f"status --json, 10,000 × 6  {json:6.2f} s")
    return int(status > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
