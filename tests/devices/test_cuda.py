"""NVIDIA GPUs: what is said when something is missing, and launches where a GPU is at hand."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from devices.conftest import addition, buffer, launch, number
from tracker.devices import cuda
from tracker.devices.isolated import IsolatedDevice
from tracker.devices.protocol import Artifact, Overwrite
from tracker.devices.selection import Choice, open_gpu
from tracker.errors import AbsentError, KerntrackError, UsageError

Compiled = Callable[[str], Artifact]


def runtime(**functions: Any) -> SimpleNamespace:
    """As much of cuda.bindings.driver as is asked before a GPU is opened."""
    success = SimpleNamespace(name="CUDA_SUCCESS")
    answers = {"cuInit": lambda flags: (success,), "cuDeviceGetCount": lambda: (success, 1), **functions}
    return SimpleNamespace(
        CUresult=SimpleNamespace(CUDA_SUCCESS=success), cuGetErrorString=lambda error: (success, b"as told"), **answers
    )


def failing(name: str) -> Any:
    return SimpleNamespace(name=name)


def driver_missing(flags: int) -> None:
    raise RuntimeError("libcuda.so.1: cannot open")


def test_a_missing_package_comes_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(cuda, "import_module", absent)
    with pytest.raises(AbsentError, match="cuda-bindings is not installed") as raised:
        cuda.load_runtime()
    assert raised.value.remedy == "python -m pip install cuda-bindings"


@pytest.mark.parametrize(
    "functions, words",
    [
        ({"cuInit": driver_missing}, r"libcuda\.so could not be loaded"),
        ({"cuInit": lambda flags: (failing("CUDA_ERROR_NO_DEVICE"),)}, "CUDA_ERROR_NO_DEVICE: as told"),
        ({"cuDeviceGetCount": lambda: (failing("CUDA_ERROR_UNKNOWN"), 0)}, "CUDA sees no GPU"),
    ],
)
def test_a_driver_that_is_missing_or_sees_nothing(
    monkeypatch: pytest.MonkeyPatch, functions: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr(cuda, "import_module", lambda name: runtime(**functions))
    with pytest.raises(AbsentError, match=words):
        cuda.device_count(cuda.load_runtime())


@pytest.fixture(scope="module")
def nvidia() -> Iterator[IsolatedDevice]:
    try:
        device = open_gpu(Choice("cuda"), seconds=5.0)
    except AbsentError as error:
        pytest.skip(f"needs an NVIDIA GPU: {error.message}")
    yield device
    device.close()


@pytest.mark.parametrize("arch", ["sm_80", None])
def test_a_launch_gives_its_results(nvidia: IsolatedDevice, artifact: Compiled, arch: str | None) -> None:
    work, expected = addition()
    report = nvidia.run(nvidia.load(artifact(arch or nvidia.target)), work)
    assert report.fault is None and report.overwrites == ()
    assert np.array_equal(report.buffers["c"].view(np.float32), expected)
    assert report.cost["device_us"] > 0


@pytest.mark.parametrize("offset", [0, 60, -101])
def test_a_store_into_a_red_zone_is_seen(nvidia: IsolatedDevice, artifact: Compiled, offset: int) -> None:
    a = np.ones(100, np.float32)
    work = launch(
        "beside", buffer("a", a, "in"), buffer("c", a, "out"), number("n", 100), number("offset", offset), n=1
    )
    report = nvidia.run(nvidia.load(artifact(nvidia.target)), work)
    assert report.overwrites == tuple(Overwrite("c", 400 + 4 * offset + k) for k in range(4))


@pytest.mark.parametrize(
    "symbol, kind", [("beside", "device fault"), ("forever", "timeout")], ids=["bad address", "endless loop"]
)
def test_after_a_fault_the_next_launch_works(
    nvidia: IsolatedDevice, artifact: Compiled, symbol: str, kind: str
) -> None:
    module = nvidia.load(artifact(nvidia.target))
    a = np.ones(100, np.float32)
    arguments = {
        "beside": (buffer("a", a, "in"), buffer("c", a, "out"), number("n", 0), number("offset", 1 << 29)),
        "forever": (buffer("c", a, "in"), number("n", 1)),
    }
    fault = nvidia.run(module, launch(symbol, *arguments[symbol], n=1)).fault
    assert fault and fault.kind == kind
    assert nvidia.run(module, addition()[0]).fault is None


@pytest.mark.parametrize("change", [{"symbol": "absent"}, {"block": (2048, 1, 1)}])
def test_a_launch_that_cannot_be_is_a_launch_error(
    nvidia: IsolatedDevice, artifact: Compiled, change: dict[str, object]
) -> None:
    work = replace(addition()[0], **change)  # type: ignore[arg-type]
    fault = nvidia.run(nvidia.load(artifact(nvidia.target)), work).fault
    assert fault and fault.kind == "launch error"


@pytest.mark.parametrize(
    "text, error",
    [
        ("s_endpgm", UsageError),
        (".version 8.0\n.target sm_999\n.address_size 64\n", UsageError),
        (".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k()\n{ bogus; }\n", KerntrackError),
    ],
)
def test_text_that_the_driver_cannot_use(
    nvidia: IsolatedDevice, tmp_path: Path, text: str, error: type[Exception]
) -> None:
    path = tmp_path / "kernel.ptx"
    path.write_text(text)
    with pytest.raises(error, match=r"kernel\.ptx"):
        nvidia.load(Artifact("sm_80", path, None))
