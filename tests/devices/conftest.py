"""Shared by the tests of devices: one small unit of kernels, compiled once, and a stand-in for an AMD GPU."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from devices.fakehip import build_library, settings
from kernels.launch import Argument, Buffer, Launch, Scalar
from tests.cli.conftest import Ended
from tests.cli.test_compile_and_verify import CUDA as CUDA_SOURCE
from tests.cli.test_compile_and_verify import HIP as HIP_SOURCE
from tests.cli.test_compile_and_verify import Q4, Q5
from tracker.build.compiler import compile_unit
from tracker.build.records import Unit
from tracker.build.toolchain import discover
from tracker.cancel import Cancel
from tracker.cli import spread
from tracker.cli.app import app
from tracker.devices import hip
from tracker.devices.isolated import IsolatedDevice
from tracker.devices.protocol import Artifact

__all__ = ["Q4", "Q5"]
HERE = Path(__file__).parent
Run = Callable[..., Ended]

SOURCE = """#include <hip/hip_runtime.h>
extern "C" __global__ void add(const float* a, const float* b, float* c, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) c[i] = a[i] + b[i];
}
extern "C" __global__ void beside(const float* a, float* c, int n, int offset) {
    c[n + offset] = a[0];
}
extern "C" __global__ void peek(const float* a, float* c, int n) {
    c[0] = a[n];
}
extern "C" __global__ void __launch_bounds__(32) bounded(float* c) {
    c[threadIdx.x] = 1.0f;
}
extern "C" __global__ void forever(float* c, int n) {
    while (n > 0) {
        c[0] += 1.0f;
        __threadfence();
    }
}
extern "C" __global__ void unset(float* c) {
    float value;
    asm volatile("" : "=v"(value));
    c[threadIdx.x] = value;
}
"""


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build cache that lasts as long as the test session."""
    return tmp_path_factory.mktemp("builds")


@pytest.fixture(scope="session")
def artifact(builds: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Artifact]:
    """The unit above, compiled for an arch."""
    source = tmp_path_factory.mktemp("source") / "small.hip"
    source.write_text(SOURCE)

    def compiled(arch: str) -> Artifact:
        record = compile_unit(Unit(source), arch, discover("ziglang")[0], builds, Cancel())
        assert record.code_object, record.output
        return Artifact(arch, record.code_object, record.assembly)

    return compiled


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in libamdhip64.so."""
    return build_library(tmp_path_factory.mktemp("rocm") / "lib")


@pytest.fixture(scope="module")
def environment(library: Path, builds: Path) -> Iterator[pytest.MonkeyPatch]:
    """The stand-in installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE))
        for name, value in settings(library, builds).items():
            patch.setenv(name, value)
        yield patch


@pytest.fixture(scope="module")
def gpu(environment: pytest.MonkeyPatch) -> Iterator[IsolatedDevice]:
    """The stand-in's GPU, a gfx1100, in good order."""
    device = IsolatedDevice(hip.open_device, seconds=20.0)
    yield device
    device.close()


@pytest.fixture(scope="module")
def folder(builds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two kernels to check, whose builds the stand-ins find."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "all.cu").write_text(CUDA_SOURCE)
    (folder / "port.hip").write_text(HIP_SOURCE)
    (folder / "kerntrack.toml").write_text(
        f'cuda = ["all.cu"]\nhip = ["port.hip"]\ncache = "{builds}"\n[limits]\nlaunch = 10\n'
    )
    return folder


@pytest.fixture
def kerntrack(folder: Path) -> Run:
    """Run the command line in that project. An exception that nobody caught would be raised here."""

    def run(*arguments: str) -> Ended:
        result = CliRunner().invoke(app, ["-C", str(folder), *spread(list(arguments))], catch_exceptions=False)
        return Ended(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="module")
def nvidia(folder: Path, builds: Path) -> Iterator[pytest.MonkeyPatch]:
    """The stand-in for cuda-bindings installed."""
    built = compile_unit(Unit(folder / "port.hip"), "gfx1100", discover("ziglang")[0], builds, Cancel())
    assert built.assembly, built.output
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE))
        patch.syspath_prepend(str(HERE / "fakecuda"))
        patch.setenv("FAKECUDA_ASSEMBLY", str(built.assembly))
        yield patch


def buffer(name: str, values: "np.ndarray[tuple[int], np.dtype[np.float32]]", role: str) -> Buffer:
    """A float buffer; an `out` one is poison."""
    data = np.full(values.nbytes, 0xCC, np.uint8) if role == "out" else values.view(np.uint8).copy()
    return Buffer(name, data, "out" if role == "out" else "in")


def number(name: str, value: int) -> Scalar:
    """An `int` argument."""
    return Scalar(name, value.to_bytes(4, "little", signed=True))


def launch(symbol: str, *arguments: Argument, n: int = 100) -> Launch:
    """A launch of 32 work-items a workgroup over `n` elements."""
    return Launch(symbol, (-(-n // 32), 1, 1), (32, 1, 1), arguments)


def addition(n: int = 100) -> "tuple[Launch, np.ndarray[tuple[int], np.dtype[np.float32]]]":
    """A launch of `add` and the sum it must give."""
    a, b = (np.random.default_rng(seed).standard_normal(n).astype(np.float32) for seed in (1, 2))
    buffers = (buffer("a", a, "in"), buffer("b", b, "in"), buffer("c", a, "out"))
    return launch("add", *buffers, number("n", n), n=n), a + b
