"""AMD GPUs through the real hip-python, on a stand-in for ROCm's runtime that executes launches with the emulator."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from devices.conftest import addition, buffer, launch, number
from kernels.launch import Buffer, Launch
from tracker.devices import hip
from tracker.devices.emulator import EmulatorDevice
from tracker.devices.isolated import IsolatedDevice
from tracker.devices.protocol import Artifact, Overwrite
from tracker.devices.selection import Choice, Found, available, parse
from tracker.errors import AbsentError, ExitCode, KerntrackError, UsageError

pytest.importorskip("hip", reason="needs hip-python")

Compiled = Callable[[str], Artifact]
Open = Callable[..., IsolatedDevice]


@pytest.fixture
def open_gpu(environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a GPU of another target, or one with which something is wrong."""
    opened: list[IsolatedDevice] = []

    def open_(target: str = "gfx1100", inject: str = "", index: int = 0, seconds: float = 20.0) -> IsolatedDevice:
        monkeypatch.setenv("FAKEHIP_TARGET", target)
        monkeypatch.setenv("FAKEHIP_INJECT", inject)
        opened.append(IsolatedDevice(hip.open_device, index, seconds=seconds))
        return opened[-1]

    yield open_
    for device in opened:
        device.close()


@pytest.mark.parametrize("target", ["gfx90a:sramecc+:xnack-", "gfx1030", "gfx1100"])
def test_a_launch_equals_the_emulators_bit_for_bit(open_gpu: Open, artifact: Compiled, target: str) -> None:
    arch = target.partition(":")[0]
    device, emulator = open_gpu(target), EmulatorDevice(arch)
    assert (device.kind, device.target, device.name) == ("hip", target, "Emulated Radeon")
    work, expected = addition()
    report = device.run(device.load(artifact(arch)), work)
    direct = emulator.run(emulator.load(artifact(arch)), work)
    assert report.fault is None and report.overwrites == ()
    assert {name: data.tobytes() for name, data in report.buffers.items()} == {
        name: data.tobytes() for name, data in direct.buffers.items()
    }
    assert np.array_equal(report.buffers["c"].view(np.float32), expected)
    assert report.cost["device_us"] > 0


def test_a_buffer_may_start_behind_a_boundary(gpu: IsolatedDevice, artifact: Compiled) -> None:
    work, expected = addition()
    arguments = tuple(replace(each, skew=4) if isinstance(each, Buffer) else each for each in work.arguments)
    report = gpu.run(gpu.load(artifact("gfx1100")), replace(work, arguments=arguments))
    assert report.fault is None and report.overwrites == ()
    assert np.array_equal(report.buffers["c"].view(np.float32), expected)


def beside(offset: int) -> Launch:
    a = np.ones(100, np.float32)
    return launch(
        "beside", buffer("a", a, "in"), buffer("c", a, "out"), number("n", 100), number("offset", offset), n=1
    )


@pytest.mark.parametrize("offset", [0, 60])
def test_a_store_into_the_red_zone_is_seen(gpu: IsolatedDevice, artifact: Compiled, offset: int) -> None:
    report = gpu.run(gpu.load(artifact("gfx1100")), beside(offset))
    one = np.ones(1, np.float32).tobytes()
    assert report.fault is None
    assert report.overwrites == tuple(Overwrite("c", 400 + 4 * offset + k) for k in range(4) if one[k] != 0xA5)
    skewed = tuple(replace(each, skew=64) if isinstance(each, Buffer) else each for each in beside(offset).arguments)
    again = gpu.run(gpu.load(artifact("gfx1100")), replace(beside(offset), arguments=skewed))
    assert again.overwrites == report.overwrites


def test_a_memory_fault_ends_the_child_and_the_next_launch_works(gpu: IsolatedDevice, artifact: Compiled) -> None:
    module = gpu.load(artifact("gfx1100"))
    fault = gpu.run(module, beside(1_000_000)).fault
    assert fault and fault.kind == "device fault"
    assert "SIGABRT" in fault.message and "Memory access fault by GPU node-1" in fault.message
    assert gpu.run(module, addition()[0]).fault is None


def test_an_endless_kernel_ends_at_the_time_limit(open_gpu: Open, artifact: Compiled) -> None:
    device = open_gpu(seconds=2.5)
    module = device.load(artifact("gfx1100"))
    work = launch("forever", buffer("c", np.ones(1, np.float32), "in"), number("n", 1), n=1)
    fault = device.run(module, work).fault
    assert fault and fault.kind == "timeout" and "2.5 s" in fault.message


@pytest.mark.parametrize(
    "inject, kind, words",
    [
        ("out of memory", "out of memory", "hipErrorOutOfMemory: out of memory"),
        ("launch failure", "device fault", "hipErrorLaunchFailure: unspecified launch failure"),
        ("illegal address", "device fault", "hipErrorIllegalAddress"),
        ("crash", "device fault", "SIGSEGV"),
        ("hang", "timeout", "did not end within 1.5 s"),
    ],
)
def test_what_goes_wrong_in_the_runtime_is_the_launchs_fault(
    open_gpu: Open, artifact: Compiled, inject: str, kind: str, words: str
) -> None:
    device = open_gpu(inject=inject, seconds=1.5)
    fault = device.run(device.load(artifact("gfx1100")), addition()[0]).fault
    assert fault and fault.kind == kind and words in fault.message


def test_a_wrong_bit_is_in_the_result(open_gpu: Open, artifact: Compiled) -> None:
    device = open_gpu(inject="wrong bit")
    work, expected = addition()
    report = device.run(device.load(artifact("gfx1100")), work)
    assert report.fault is None
    assert np.flatnonzero(report.buffers["c"] != expected.view(np.uint8)).tolist() == [0]


@pytest.mark.parametrize(
    "change, words",
    [({"symbol": "absent"}, "hipErrorNotFound"), ({"block": (2048, 1, 1)}, "hipErrorInvalidConfiguration")],
)
def test_a_launch_that_cannot_be_is_a_launch_error(
    gpu: IsolatedDevice, artifact: Compiled, change: dict[str, object], words: str
) -> None:
    fault = gpu.run(gpu.load(artifact("gfx1100")), replace(addition()[0], **change)).fault  # type: ignore[arg-type]
    assert fault and fault.kind == "launch error" and words in fault.message


def test_code_objects_for_another_gpu_and_broken_ones_are_refused(
    open_gpu: Open, artifact: Compiled, tmp_path: Path
) -> None:
    device = open_gpu("gfx90a:sramecc+:xnack-")
    with pytest.raises(UsageError, match="is for gfx1030, the device is gfx90a"):
        device.load(artifact("gfx1030"))
    with pytest.raises(UsageError, match=r"is for gfx90a:xnack\+"):
        device.load(artifact("gfx90a:xnack+"))
    assert device.load(artifact("gfx90a:sramecc+:xnack-")).symbols == device.load(artifact("gfx90a")).symbols
    broken = tmp_path / "broken.hsaco"
    broken.write_bytes(b"nothing")
    with pytest.raises(UsageError, match="not a code object for AMD GPUs"):
        device.load(Artifact("gfx90a", broken, None))


def test_an_image_that_the_runtime_refuses_is_an_error_with_its_words(open_gpu: Open, artifact: Compiled) -> None:
    device = open_gpu(inject="refused image")
    with pytest.raises(KerntrackError, match="hipErrorInvalidImage: device kernel image is invalid"):
        device.load(artifact("gfx1100"))


def test_without_rocm_the_remedy_says_so(open_gpu: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "libamdhip64.so").write_text("so that none of this machine's own is found")
    monkeypatch.setenv("ROCM_PATH", str(tmp_path))
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    with pytest.raises(AbsentError, match=r"libamdhip64\.so could not be loaded") as raised:
        open_gpu()
    assert "ROCM_PATH" in raised.value.remedy and raised.value.exit_code is ExitCode.ABSENT


def test_a_gpu_that_is_not_there(open_gpu: Open) -> None:
    with pytest.raises(UsageError, match="no AMD GPU number 3") as raised:
        open_gpu(index=3)
    assert "0 to 0" in raised.value.remedy
    with pytest.raises(AbsentError, match="ROCm sees no GPU"):
        open_gpu(inject="no device")


@pytest.mark.parametrize(
    "present, allowed, words, remedy",
    [
        (False, False, "kernel driver is not loaded", "modprobe amdgpu"),
        (True, False, "no permission to use the GPU", "usermod -aG render,video"),
        (True, True, "hipErrorNoDevice: none", "rocminfo"),
    ],
)
def test_no_gpu_comes_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, present: bool, allowed: bool, words: str, remedy: str
) -> None:
    kfd = tmp_path / "kfd"
    if present:
        kfd.touch()
    monkeypatch.setattr(hip, "KFD", kfd)
    monkeypatch.setattr(hip.os, "access", lambda path, mode: allowed)
    error = SimpleNamespace(name="hipErrorNoDevice")
    success = SimpleNamespace(name="hipSuccess")
    runtime = SimpleNamespace(
        hipGetDeviceCount=lambda: (error, 0),
        hipError_t=SimpleNamespace(hipSuccess=success),
        hipGetErrorString=lambda _: (success, "none"),
    )
    with pytest.raises(AbsentError, match=words) as raised:
        hip.device_count(runtime)
    assert remedy in raised.value.remedy


def test_overrides_are_part_of_the_name(open_gpu: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HSA_OVERRIDE_GFX_VERSION", "11.0.0")
    assert open_gpu().name == "Emulated Radeon HSA_OVERRIDE_GFX_VERSION=11.0.0"


def test_what_is_there_is_listed(environment: pytest.MonkeyPatch) -> None:
    assert available("hip") == [Found("hip", 0, "Emulated Radeon", "gfx1100", "HIP 6.4.43482")]


@pytest.mark.parametrize(
    "option, expected",
    [
        ("emulator", Choice("emulator")),
        ("2", Choice("hip", 2)),
        ("hip", Choice("hip")),
        ("hip:1", Choice("hip", 1)),
        ("cuda:3", Choice("cuda", 3)),
        ("auto", None),
    ],
)
def test_device_options(option: str, expected: Choice | None) -> None:
    assert parse(option) == expected


@pytest.mark.parametrize("option", ["", "gpu", "emulator:1", "-1", "hip:x"])
def test_device_options_that_mean_nothing(option: str) -> None:
    with pytest.raises(UsageError, match="there is no device"):
        parse(option)


def test_buffers_keep_their_order_and_names(gpu: IsolatedDevice, artifact: Compiled) -> None:
    work, _ = addition()
    names = [argument.name for argument in work.arguments if isinstance(argument, Buffer)]
    assert list(gpu.run(gpu.load(artifact("gfx1100")), work).buffers) == names
