"""How fast the emulator runs.

Prints wave-instructions per second on three launches that fill a GPU, and the time of one small case of every kernel
in a fresh interpreter (start, imports, decoding and running; not compiling). Both are also given as a ratio to a plain
numpy addition of 4,096 numbers, measured in the same run: how many waves' additions that makes per second. Rates are
per second of processor time: the machine may be busy with other things. With KERNTRACK_CANDLE set to a candle checkout,
candle's own quantized.cu, compiled for AMD as it stands, is measured too.
"""

import argparse
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from kernels import HIP_SOURCES
from kernels.contracts import contract_for
from kernels.launch import Launch
from kernels.names import identify
from tracker import emulator
from tracker.build.compiler import compile_units
from tracker.build.records import Unit
from tracker.build.toolchain import discover
from tracker.cancel import Cancel
from tracker.devices.emulator import EmulatorDevice

CUDA_FILE = "candle-kernels/src/quantized.cu"
WAVE = {"gfx90a": 64, "gfx942": 64}
LARGE = (
    ("dequantize_block_q4_0_f32", "blocks=32768 data=random seed=0"),
    ("mul_mat_vec_q4_0_q8_1_cuda1", "rows=4096 cols=4096 data=random seed=0"),
    ("mul_mat_q4_0", "rows=256 cols=1024 batch=128 data=random seed=0"),
)
WIDTH = 4096
"""Numbers in the addition that everything is compared with."""


@dataclass(frozen=True)
class Compiled:
    """Assembly files of one set of sources for one arch, and the kernel that each symbol is in."""

    title: str
    arch: str
    files: tuple[Path, ...]

    def programs(self) -> Iterator[tuple[str, emulator.Program]]:
        """Symbols with the loaded file that has them."""
        for file in self.files:
            program = emulator.load(file.read_text())
            for symbol in sorted(program.symbols):
                yield symbol, program


def build(title: str, units: list[Unit], arch: str, cache: Path) -> Compiled:
    """Compile all units; ends the benchmark when one does not compile."""
    records = list(compile_units([(unit, arch) for unit in units], discover()[0], cache, Cancel(), jobs=2))
    for record in records:
        if record.assembly is None:
            sys.exit(f"{record.unit.source} does not compile for {arch}:\n{record.output}")
    return Compiled(title, arch, tuple(r.assembly for r in records if r.assembly))


def additions_per_second(wave: int) -> float:
    """Waves that a plain numpy addition of 32-bit numbers serves per second."""
    a, b, out = (np.arange(WIDTH, dtype=np.uint32) for _ in range(3))
    _, seconds = best(lambda: [np.add(a, b, out) for _ in range(20_000)], 5)
    return WIDTH / wave / (seconds / 20_000)


def best(action: Callable[[], object], times: int) -> tuple[float, float]:
    """Seconds by the clock and of processor time, children's included, each of the fastest of several runs."""
    walls, spent = [], []
    for _ in range(times):
        started, used = time.perf_counter(), _processor_time()
        action()
        walls.append(time.perf_counter() - started)
        spent.append(_processor_time() - used)
    return min(walls), min(spent)


def _processor_time() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def launch_of(symbol: str, case: str | None = None) -> Launch:
    """A contract's launch: of a named case, or of its last and smallest quick one."""
    kernel = identify(symbol)
    contract = contract_for(kernel)
    if contract is None:
        sys.exit(f"{symbol} has no contract")
    chosen = contract.case(kernel, case) if case else list(contract.cases(kernel, "quick", 0))[-1]
    return chosen.prepare(0).launch


def measure_large(compiled: Compiled) -> None:
    """Warm runs of the three large launches."""
    reference = additions_per_second(WAVE.get(compiled.arch, 32))
    programs, device = dict(compiled.programs()), EmulatorDevice(compiled.arch)
    for symbol, case in LARGE:
        launch = launch_of(symbol, case)
        report = device.run(programs[symbol], launch)
        if report.fault:
            sys.exit(f"{symbol}: {report.fault.message}")
        count = _instructions(report.cost)
        wall, seconds = best(partial(device.run, programs[symbol], launch), 3)
        rate = count / seconds
        print(f"{compiled.title} {compiled.arch} {symbol}, {case}: {count:,} wave-instructions,")
        print(f"  {seconds:.3f} s of processor time, {wall:.3f} s by the clock: {rate / 1e6:.1f} million per second of")
        print(f"  processor time, {rate / reference:.3f} of plain additions")


def _instructions(cost: dict[str, object] | None) -> int:
    counts = (cost or {})["instructions"]
    assert isinstance(counts, dict)
    return sum(counts.values())


def measure_cold(compiled: Compiled, times: int) -> None:
    """One small case of every kernel that has a contract, in a fresh interpreter each time."""
    cases = [(symbol, launch_of(symbol)) for symbol, _ in compiled.programs() if contract_for(identify(symbol))]
    with tempfile.NamedTemporaryFile(suffix=".pickle") as file:
        pickle.dump((compiled, dict(cases)), file)
        file.flush()
        command = [sys.executable, "-m", "benchmarks.emulator", "--cold", file.name]
        wall, seconds = best(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), times)
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    print(f"{compiled.title} {compiled.arch}: one small case of each of {len(cases)} kernels, cold:")
    print(f"  {seconds:.2f} s of processor time, {wall:.2f} s by the clock")
    print(f"  {shown}")


def run_cold(file: Path) -> None:
    """What the fresh interpreter does."""
    compiled, launches = pickle.loads(file.read_bytes())
    device, count, faults = EmulatorDevice(compiled.arch), 0, []
    for symbol, program in compiled.programs():
        if symbol in launches:
            report = device.run(program, launches[symbol])
            if report.fault:
                faults.append(f"{symbol}: {report.fault.message}")
            else:
                count += _instructions(report.cost)
    print(f"{count:,} wave-instructions, {len(faults)} kernels stopped by a fault", *faults[:1], sep="; ")


def _sources() -> list[tuple[str, list[Unit]]]:
    sets = [("our port", [Unit(path) for path in sorted(HIP_SOURCES.rglob("*.hip"))])]
    checkout = os.environ.get("KERNTRACK_CANDLE")
    if checkout:
        sets.append(("candle's file", [Unit(Path(checkout, CUDA_FILE), language="cuda")]))
    else:
        print("candle's file: not measured, KERNTRACK_CANDLE names no checkout")
    return sets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archs", default="gfx90a,gfx1030,gfx1100")
    parser.add_argument("--times", type=int, default=2, help="cold runs, of which the fastest counts")
    parser.add_argument("--cold", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cold:
        run_cold(options.cold)
        return
    with tempfile.TemporaryDirectory() as folder:
        for title, units in _sources():
            for arch in options.archs.split(","):
                compiled = build(title, units, arch, Path(folder))
                measure_large(compiled)
                measure_cold(compiled, options.times)


if __name__ == "__main__":
    main()
