"""Every contract case of twenty kernels through hip-python against the emulator called directly, bit for bit.

    python -m benchmarks.hip_path [--effort full]

hip-python is the real one; below it a stand-in for ROCm's libamdhip64.so hands launches to the emulator. Needs an
x86-64 Linux with hip-python.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from kernels import HIP_SOURCES
from kernels.contracts import contract_for
from kernels.names import identify
from tests.devices.fakehip import HERE, build_library, settings
from tests.devices.twenty import KERNELS
from tracker.build.compiler import compile_units
from tracker.build.records import Unit
from tracker.build.toolchain import discover
from tracker.cancel import Cancel
from tracker.devices import hip
from tracker.devices.emulator import EmulatorDevice
from tracker.devices.isolated import IsolatedDevice
from tracker.devices.protocol import Artifact

ARCH = "gfx1100"


def build(cache: Path) -> dict[str, Artifact]:
    """The sources of the twenty, compiled."""
    made = {}
    units = [(Unit(HIP_SOURCES / name), ARCH) for name in KERNELS]
    for record in compile_units(units, discover("ziglang")[0], cache, Cancel()):
        if record.code_object is None:
            sys.exit(record.output)
        made[record.unit.source.name] = Artifact(ARCH, record.code_object, record.assembly)
    return made


def compare(gpu: IsolatedDevice, symbol: str, artifact: Artifact, effort: Literal["quick", "full"]) -> Iterator[bool]:
    """For each case of a kernel whether all buffers are the same afterwards."""
    name = identify(symbol)
    contract = contract_for(name) if name else None
    assert name and contract
    emulator = EmulatorDevice(ARCH)
    through_hip, direct = gpu.load(artifact), emulator.load(artifact)
    for case in contract.cases(name, effort, 0):
        launch = case.prepare(0).launch
        report, expected = gpu.run(through_hip, launch), emulator.run(direct, launch)
        good = not (report.fault or expected.fault or report.overwrites)
        names = set(report.buffers) | set(expected.buffers)
        yield good and all(report.buffers[each].tobytes() == expected.buffers[each].tobytes() for each in names)


def main() -> None:
    """Build, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--effort", choices=("quick", "full"), default="quick")
    effort = parser.parse_args().effort
    started, total, equal = time.perf_counter(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        artifacts = build(Path(folder) / "builds")
        os.environ.update(settings(build_library(Path(folder) / "lib"), Path(folder) / "builds", ARCH))
        sys.path.insert(0, str(HERE.parent))
        gpu = IsolatedDevice(hip.open_device, seconds=600.0)
        for source, symbols in KERNELS.items():
            for symbol in symbols:
                results = list(compare(gpu, symbol, artifacts[source], effort))
                total, equal = total + len(results), equal + sum(results)
                print(f"{symbol:<34} {sum(results)} of {len(results)} cases equal", flush=True)
        gpu.close()
    kernels = sum(map(len, KERNELS.values()))
    seconds = time.perf_counter() - started
    print(f"{kernels} kernels, {equal} of {total} cases equal bit for bit ({effort}); {seconds:.0f} s")
    sys.exit(equal != total)


if __name__ == "__main__":
    main()
