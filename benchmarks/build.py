"""How long building takes.

Prints the cold build of every unit in kernels/hip for three architectures, two at a time; the same again with nothing
changed; and, where KERNTRACK_CANDLE names a candle checkout, candle's single quantized.cu compiled for one
architecture after the other, which is what one would do without kerntrack, with the ratio between the two.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from kernels import HIP_SOURCES
from tracker.build.compiler import compile_units
from tracker.build.records import Unit
from tracker.build.toolchain import discover
from tracker.cancel import Cancel

CUDA_FILE = "candle-kernels/src/quantized.cu"


def measure(units: list[Unit], archs: list[str], cache: Path, jobs: int) -> tuple[float, int]:
    """Seconds that building takes, and how many of the builds failed."""
    toolchain = discover()[0]
    started = time.perf_counter()
    work = [(unit, arch) for unit in units for arch in archs]
    failed = sum(not record.ok for record in compile_units(work, toolchain, cache, Cancel(), jobs=jobs))
    return time.perf_counter() - started, failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archs", default="gfx90a,gfx1030,gfx1100")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    archs = options.archs.split(",")
    units = [Unit(path) for path in sorted(HIP_SOURCES.rglob("*.hip"))]
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        cold, failed = measure(units, archs, cache / "ours", options.jobs)
        print(f"{len(units)} units x {len(archs)} archs, {options.jobs} jobs, cold: {cold:.2f} s, {failed} failed")
        again, _ = measure(units, archs, cache / "ours", options.jobs)
        print(f"again, nothing changed: {again:.2f} s")
        checkout = os.environ.get("KERNTRACK_CANDLE")
        if not checkout:
            print("candle's single file: not measured, KERNTRACK_CANDLE names no checkout")
            return
        single = Unit(Path(checkout, CUDA_FILE), language="cuda")
        candle, failed = measure([single], archs, cache / "candle", jobs=1)
        print(f"candle's quantized.cu, one arch after the other: {candle:.2f} s, {failed} failed")
        print(f"ratio: {candle / cold:.2f}")


if __name__ == "__main__":
    main()
