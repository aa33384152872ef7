"""What a second run costs: `scan` of unchanged sources against `status`, `compile` and `verify` with nothing to do.

Usage: python -m benchmarks.cli_again [ROUNDS]. Works on the shipped project in a temporary folder; the first verify
(not timed here) builds and checks q5_1. Prints medians of wall-clock and processor time and ends with 1 when a limit
is missed. On a machine that others use too, the processor time is nearer to what a command would take alone.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from kernels import HIP_SOURCES

RATIO = 1.5
PROCESSOR = 0.5
SECONDS = 1.0
CONFIG = f"""\
baselines = ["candle-5152ef621"]
hip = ["{HIP_SOURCES.as_posix()}"]
"""
COMMANDS = (("status",), ("scan",), ("compile", "q5_1"), ("verify", "q5_1"))
Times = tuple[float, float]
"""Wall clock and processor."""


def measure(folder: Path, *words: str) -> Times:
    """One command."""
    command = (sys.executable, "-m", "tracker", "-C", str(folder), *words)
    before, started = _processor(), time.perf_counter()
    subprocess.run(command, check=False, capture_output=True)
    return time.perf_counter() - started, _processor() - before


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "kerntrack.toml").write_text(CONFIG)
        first = measure(folder, "scan"), measure(folder, "verify", "q5_1")
        timed = [[measure(folder, *words) for words in COMMANDS] for _ in range(rounds)]
    columns = [list(zip(*column, strict=True)) for column in zip(*timed, strict=True)]
    status, scan, compiling, verify = ((median(wall), median(processor)) for wall, processor in columns)
    print(f"first scan {first[0][0]:.2f} s, first verify q5_1 {first[1][0]:.2f} s")
    print("                        wall     processor")
    print(f"status                  {status[0]:6.3f}   {status[1]:6.3f}")
    print(
        f"scan, nothing changed   {scan[0]:6.3f}   {scan[1]:6.3f}   {scan[0] / status[0]:.2f} x status (limit {RATIO})"
    )
    print(f"compile, nothing to do  {compiling[0]:6.3f}   {compiling[1]:6.3f}   (limit {PROCESSOR} s processor)")
    print(f"verify, nothing to do   {verify[0]:6.3f}   {verify[1]:6.3f}   (limit {SECONDS} s wall)")
    return int(scan[0] > RATIO * status[0] or compiling[1] > PROCESSOR or verify[0] > SECONDS)


if __name__ == "__main__":
    sys.exit(main())
