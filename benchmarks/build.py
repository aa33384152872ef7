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


def measure(units: list[Unit], archs: list[str], cache: Path, jobs: int) -> tuple[float, str]:
    """Seconds that building takes, and the same in words with processor seconds and failures."""
    toolchain = discover()[0]
    started, used = time.perf_counter(), processor_seconds()
    work = [(unit, arch) for unit in units for arch in archs]
    failed = sum(not record.ok for record in compile_units(work, toolchain, cache, Cancel(), jobs=jobs))
    seconds = time.perf_counter() - started
    return seconds, f"{seconds:.2f} s ({processor_seconds() - used:.2f} s of processor time), {failed} failed"


def processor_seconds() -> float:
    """Time that this process and its ended children have used."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archs", default="gfx90a,gfx1030,gfx1100")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    archs = options.archs.split(",")
    units = [Unit(path) for path in sorted(HIP_SOURCES.rglob("*.hip"))]
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        cold, words = measure(units, archs, cache / "ours", options.jobs)
        print(f"{len(units)} units x {len(archs)} archs, {options.jobs} jobs, cold: {words}")
        _, words = measure(units, archs, cache / "ours", options.jobs)
        print(f"again, nothing changed: {words}")
        checkout = os.environ.get("KERNTRACK_CANDLE")
        if not checkout:
            print("candle's single file: not measured, KERNTRACK_CANDLE names no checkout")
            return
        single = Unit(Path(checkout, CUDA_FILE), language="cuda")
        candle, words = measure([single], archs, cache / "candle", jobs=1)
        print(f"candle's quantized.cu, one arch after the other: {words}")
        print(f"candle / ours: {candle / cold:.2f} (only on an otherwise idle machine is this a figure)")


if __name__ == "__main__":
    main()
