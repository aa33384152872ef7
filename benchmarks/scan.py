"""How long scanning takes beside what libclang needs in any case.

Scans candle's 4,845-line quantized.cu, from the checkout that KERNTRACK_CANDLE names, in fresh processes, and parses it
with nothing but libclang in others. Prints the ratio of the medians, of wall time and of processor time (the second
does not depend on what else the machine does). To reach: scan <= 4 x (start-up + bare parse).
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

CUDA_FILE = "candle-kernels/src/quantized.cu"
BARE = """
import sys
from pathlib import Path
from clang import cindex
from tracker.scan.arguments import parse_arguments
cindex.Index.create().parse(sys.argv[1], args=parse_arguments("cuda", (), (), Path(sys.argv[1]).parent))
"""
SCAN = """
import sys
from pathlib import Path
from tracker.scan import scan_file
print(len(scan_file(Path(sys.argv[1]), "cuda").kernels), "kernels", file=sys.stderr)
"""


def measure(program: str, file: Path) -> tuple[float, float]:
    """Wall and processor seconds of one run."""
    started, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, "-c", program, str(file)], check=True, capture_output=True)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - started, used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    checkout = os.environ.get("KERNTRACK_CANDLE")
    if not checkout:
        sys.exit("not measured: KERNTRACK_CANDLE names no candle checkout")
    file = Path(checkout, CUDA_FILE)
    runs = [(measure(BARE, file), measure(SCAN, file)) for _ in range(options.runs)]
    for number, clock in enumerate(("wall", "processor")):
        bare, scan = (statistics.median(run[side][number] for run in runs) for side in (0, 1))
        print(f"{clock}: start-up and bare parse {bare:.3f} s, scan {scan:.3f} s, ratio {scan / bare:.2f} (at most 4)")


if __name__ == "__main__":
    main()
