"""The emulator as a device: results, faults as reports, and artifacts it cannot use."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from devices.conftest import addition, buffer, launch, number
from kernels.launch import Buffer
from tracker.devices.emulator import EmulatorDevice
from tracker.devices.protocol import Artifact
from tracker.errors import UsageError

ARCHS = ("gfx90a", "gfx1030", "gfx1100")
Compiled = Callable[[str], Artifact]


@pytest.mark.parametrize("arch", ARCHS)
def test_a_launch_gives_its_results_and_leaves_the_inputs(artifact: Compiled, arch: str) -> None:
    device = EmulatorDevice(arch)
    module = device.load(artifact(arch))
    assert module.symbols == {"add", "beside", "peek", "forever", "bounded", "unset"}
    work, expected = addition()
    held = {argument.name: argument.data.copy() for argument in work.arguments if isinstance(argument, Buffer)}
    report = device.run(module, work)
    assert report.fault is None and report.overwrites == ()
    assert np.array_equal(report.buffers["c"].view(np.float32), expected)
    for argument in work.arguments:
        if isinstance(argument, Buffer):
            assert np.array_equal(argument.data, held[argument.name])  # the launch's own data stay as they were
    assert np.array_equal(report.buffers["a"], held["a"]) and np.array_equal(report.buffers["b"], held["b"])
    assert report.cost and report.seconds > 0


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("offset", [0, 1, 1000, -101])
def test_a_store_outside_of_a_buffer_is_a_fault_that_names_it(artifact: Compiled, arch: str, offset: int) -> None:
    device = EmulatorDevice(arch)
    a = np.ones(100, np.float32)
    work = launch(
        "beside", buffer("a", a, "in"), buffer("c", a, "out"), number("n", 100), number("offset", offset), n=1
    )
    fault = device.run(device.load(artifact(arch)), work).fault
    assert fault and fault.kind == "out of bounds"
    for word in ("beside", "small.hip:7", f"offset {400 + 4 * offset}", "buffer c"):
        assert word in fault.message


def test_reading_poison_is_a_fault(artifact: Compiled) -> None:
    device = EmulatorDevice("gfx1100")
    a = np.ones(8, np.float32)
    work = launch("peek", buffer("a", a, "out"), buffer("c", a, "out"), number("n", 3), n=1)
    fault = device.run(device.load(artifact("gfx1100")), work).fault
    assert fault and fault.kind == "uninitialised read" and "small.hip:10" in fault.message


def test_an_endless_loop_ends_at_the_step_limit(artifact: Compiled) -> None:
    device = EmulatorDevice("gfx1030", step_limit=1000)
    work = launch("forever", buffer("c", np.ones(1, np.float32), "in"), number("n", 1), n=1)
    fault = device.run(device.load(artifact("gfx1030")), work).fault
    assert fault and "more than 1000 instructions" in fault.message


def test_registers_start_with_the_launchs_noise(artifact: Compiled) -> None:
    device = EmulatorDevice("gfx1030")
    module = device.load(artifact("gfx1030"))
    work = launch("unset", buffer("c", np.ones(32, np.float32), "out"), n=32)
    first, again, other = (device.run(module, replace(work, noise=noise)).buffers["c"] for noise in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    "change", [{"symbol": "absent"}, {"block": (2048, 1, 1)}, {"grid": (0, 1, 1)}, {"arguments": ()}]
)
def test_a_launch_that_cannot_be_is_a_launch_error(artifact: Compiled, change: dict[str, object]) -> None:
    device = EmulatorDevice("gfx90a")
    fault = device.run(device.load(artifact("gfx90a")), replace(addition()[0], **change)).fault  # type: ignore[arg-type]
    assert fault and fault.kind == "launch error"


def test_a_workgroup_larger_than_the_kernel_is_compiled_for_is_a_launch_error(artifact: Compiled) -> None:
    device = EmulatorDevice("gfx90a")
    module = device.load(artifact("gfx90a"))
    work = launch("bounded", buffer("c", np.ones(64, np.float32), "out"), n=1)
    assert device.run(module, work).fault is None
    fault = device.run(module, replace(work, block=(64, 1, 1))).fault
    assert fault and fault.kind == "launch error" and "at most 32 work-items" in fault.message


def test_artifacts_that_the_emulator_cannot_use(artifact: Compiled, tmp_path: Path) -> None:
    device, good = EmulatorDevice("gfx90a"), artifact("gfx90a")
    with pytest.raises(UsageError, match="needs the assembly"):
        device.load(replace(good, assembly=None))
    with pytest.raises(UsageError, match=r"none\.s"):
        device.load(replace(good, assembly=tmp_path / "none.s"))
    with pytest.raises(UsageError, match="is for gfx1030, not gfx90a"):
        device.load(artifact("gfx1030"))
