"""What a second run costs: `scan` of unchanged sources against `status`, and `verify` where all evidence holds.

Usage: python benchmarks/cli_again.py [ROUNDS]. Works on the shipped project in a temporary folder; the first verify
(not timed here) builds and checks q5_1. Prints medians and ends with 1 when a limit is missed.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from kernels import HIP_SOURCES

RATIO = 1.5
SECONDS = 1.0
CONFIG = f"""\
baselines = ["candle-5152ef621"]
hip = ["{HIP_SOURCES.as_posix()}"]
"""


def seconds(folder: Path, *words: str) -> float:
    """Wall-clock time of one command."""
    command = (sys.executable, "-m", "tracker", "-C", str(folder), *words)
    started = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True)
    return time.perf_counter() - started


def main() -> int:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "kerntrack.toml").write_text(CONFIG)
        first = seconds(folder, "scan"), seconds(folder, "verify", "q5_1")
        timed = [[seconds(folder, *words) for words in COMMANDS] for _ in range(rounds)]
    status, scan, verify = (median(column) for column in zip(*timed, strict=True))
    print(f"first scan {first[0]:.2f} s, first verify q5_1 {first[1]:.2f} s")
    print(f"status                 {status:6.3f} s")
    print(f"scan, nothing changed  {scan:6.3f} s   ratio {scan / status:.2f} (limit {RATIO})")
    print(f"verify, nothing to do  {verify:6.3f} s   (limit {SECONDS})")
    return int(scan > RATIO * status or verify > SECONDS)


COMMANDS = (("status",), ("scan",), ("verify", "q5_1"))

if __name__ == "__main__":
    sys.exit(main())
