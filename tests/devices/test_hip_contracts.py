"""Twenty of the shipped kernels, all families, through hip-python and the stand-in runtime, against the emulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.twenty import KERNELS
from kernels import HIP_SOURCES
from kernels.contracts import contract_for
from kernels.names import identify
from tracker.build.compiler import compile_units
from tracker.build.records import Unit
from tracker.build.toolchain import discover
from tracker.cancel import Cancel
from tracker.devices.emulator import EmulatorDevice
from tracker.devices.isolated import IsolatedDevice
from tracker.devices.protocol import Artifact

pytest.importorskip("hip", reason="needs hip-python")

ARCH = "gfx1100"


@pytest.fixture(scope="module")
def artifacts(builds: Path) -> dict[str, Artifact]:
    units = [(Unit(HIP_SOURCES / name), ARCH) for name in KERNELS]
    made = {}
    for record in compile_units(units, discover("ziglang")[0], builds, Cancel()):
        assert record.code_object, record.output
        made[record.unit.source.name] = Artifact(ARCH, record.code_object, record.assembly)
    return made


@pytest.fixture(scope="module")
def emulated() -> Iterator[EmulatorDevice]:
    yield EmulatorDevice(ARCH)


@pytest.mark.parametrize("source, symbol", [(source, symbol) for source in KERNELS for symbol in KERNELS[source]])
def test_every_case_equals_the_emulators_bit_for_bit(
    gpu: IsolatedDevice, artifacts: dict[str, Artifact], emulated: EmulatorDevice, source: str, symbol: str
) -> None:
    name = identify(symbol)
    assert name
    contract = contract_for(name)
    assert contract
    through_hip, direct = gpu.load(artifacts[source]), emulated.load(artifacts[source])
    cases = list(contract.cases(name, "quick", 0))
    assert cases
    for case in cases:
        launch = case.prepare(0).launch
        report, expected = gpu.run(through_hip, launch), emulated.run(direct, launch)
        assert report.fault is None and expected.fault is None
        assert report.overwrites == ()
        assert {key: data.tobytes() for key, data in report.buffers.items()} == {
            key: data.tobytes() for key, data in expected.buffers.items()
        }
