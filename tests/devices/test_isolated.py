"""A device that crashes, hangs or will not start, seen from outside its process."""

import ctypes
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from kernels.launch import Buffer, Launch
from tracker.devices.isolated import IsolatedDevice
from tracker.devices.protocol import Artifact, Fault, LaunchReport
from tracker.errors import AbsentError, UsageError

ARTIFACT = Artifact("gfx90a", Path("kernel.hsaco"), None)


@dataclass(frozen=True)
class Symbols:
    symbols: frozenset[str]


class Moody:
    """A device that does what the symbol says. Loading is counted."""

    kind: Literal["hip"] = "hip"
    target = "gfx90a:sramecc+:xnack-"
    name = "Moody"
    runtime = "Moods 1.0"

    def __init__(self) -> None:
        self.loaded = 0

    def load(self, artifact: Artifact) -> Symbols:
        if artifact.arch != "gfx90a":
            raise UsageError("for another GPU", "compile it again")
        self.loaded += 1
        return Symbols(frozenset({"count", "crash", "hang", "break"}))

    def run(self, module: Any, launch: Launch) -> LaunchReport:
        if launch.symbol == "crash":
            os.write(2, b"Memory access fault by GPU node-1 on address 0x7f00. Reason: Page not present.\n")
            os.abort()
        while launch.symbol == "hang":
            pass
        if launch.symbol == "break":
            return LaunchReport({}, fault=Fault("device fault", "CUDA_ERROR_ILLEGAL_ADDRESS, for break and ever after"))
        return LaunchReport(
            {"pid": np.array([os.getpid()], np.int64).view(np.uint8), "loads": np.array([self.loaded], np.uint8)}
        )


def refuse() -> Moody:
    raise AbsentError("no GPU", "buy one")


def die() -> Moody:
    ctypes.string_at(0)
    raise AssertionError


@pytest.fixture(scope="module")
def device() -> Iterator[IsolatedDevice]:
    device = IsolatedDevice(Moody, seconds=1.0)
    yield device
    device.close()


def launch(symbol: str) -> Launch:
    return Launch(symbol, (1, 1, 1), (1, 1, 1), (Buffer("x", np.zeros(4, np.uint8), "out"),))


def test_it_describes_itself_from_its_own_process(device: IsolatedDevice) -> None:
    described = (device.kind, device.target, device.name, device.runtime)
    assert described == ("hip", "gfx90a:sramecc+:xnack-", "Moody", "Moods 1.0")
    report = device.run(device.load(ARTIFACT), launch("count"))
    assert int(report.buffers["pid"].view(np.int64)[0]) != os.getpid()


def test_a_code_object_is_loaded_once(device: IsolatedDevice) -> None:
    module = device.load(ARTIFACT)
    assert module.symbols == {"count", "crash", "hang", "break"}
    counts = [device.run(module, launch("count")).buffers["loads"][0] for _ in range(3)]
    assert len(set(counts)) == 1


@pytest.mark.parametrize(
    "symbol, kind, words",
    [
        ("crash", "device fault", ["SIGABRT", "Memory access fault by GPU node-1"]),
        ("hang", "timeout", ["1 s"]),
        ("break", "device fault", ["ILLEGAL"]),
    ],
)
def test_a_failing_launch_is_a_fault_and_the_next_gets_a_fresh_child(
    device: IsolatedDevice, symbol: str, kind: str, words: list[str]
) -> None:
    module = device.load(ARTIFACT)
    before = device.run(module, launch("count")).buffers["pid"]
    fault = device.run(module, launch(symbol)).fault
    assert fault and fault.kind == kind
    assert all(word in fault.message for word in [*words, symbol])
    after = device.run(module, launch("count"))
    assert after.fault is None and not np.array_equal(after.buffers["pid"], before)


def test_an_unfit_code_object_is_refused_with_the_devices_words(device: IsolatedDevice) -> None:
    with pytest.raises(UsageError, match="for another GPU"):
        device.load(Artifact("gfx1100", Path("kernel.hsaco"), None))


@pytest.mark.parametrize("create, words", [(refuse, "no GPU"), (die, "SIGSEGV")])
def test_a_device_that_does_not_start_is_absent(create: Any, words: str) -> None:
    started = time.monotonic()
    with pytest.raises(AbsentError, match=words):
        IsolatedDevice(create)
    assert time.monotonic() - started < 20
