"""AMD GPUs through hip-python. Importing this module needs neither the package nor ROCm."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kernels.launch import Launch
from tracker.devices.codeobjects import for_target, kernel_names
from tracker.devices.gpu import DriverError, Failure, GpuDevice
from tracker.devices.protocol import Artifact
from tracker.errors import AbsentError, KerntrackError, UsageError

KFD = Path("/dev/kfd")
DRIVER = Path("/sys/module/amdgpu/version")
"""Version of the kernel driver that comes with ROCm; the one in Linux itself has none."""
OVERRIDES = ("HSA_OVERRIDE_GFX_VERSION", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")
INSTALL_ROCM = "install ROCm, or set ROCM_PATH and LD_LIBRARY_PATH to it; without a GPU use --device emulator"


def load_runtime() -> Any:
    """hip-python's module `hip`, its runtime library loaded. Raises AbsentError with the remedy."""
    try:
        hip: Any = import_module("hip").hip
    except ImportError as error:
        raise AbsentError("the package hip-python is not installed", "python -m pip install hip-python") from error
    try:
        hip.hipRuntimeGetVersion()
    except RuntimeError as error:
        raise AbsentError(f"ROCm's libamdhip64.so could not be loaded ({error})", INSTALL_ROCM) from error
    return hip


def device_count(hip: Any) -> int:
    """GPUs that the runtime sees, at least one. Raises AbsentError with the reason that can be found out."""
    error, count = hip.hipGetDeviceCount()
    if error == hip.hipError_t.hipSuccess and count:
        return int(count)
    if KFD.exists() and not os.access(KFD, os.R_OK | os.W_OK):
        raise AbsentError(
            f"no permission to use the GPU ({KFD})", "sudo usermod -aG render,video $USER, then log in again"
        )
    if not KFD.exists():
        raise AbsentError(
            f"ROCm sees no GPU: the kernel driver is not loaded ({KFD} is missing)", "sudo modprobe amdgpu"
        )
    raise AbsentError(f"ROCm sees no GPU ({_text(hip, error)})", "see what rocminfo says")


def open_device(index: int = 0) -> GpuDevice:
    """The GPU with that number. Raises AbsentError or UsageError when it cannot be used."""
    return GpuDevice(HipDriver(index))


class HipDriver:
    """One AMD GPU. Raises AbsentError or UsageError when it cannot be used."""

    kind: Literal["hip"] = "hip"

    def __init__(self, index: int = 0) -> None:
        self._hip = load_runtime()
        count = device_count(self._hip)
        if not 0 <= index < count:
            raise UsageError(f"there is no AMD GPU number {index}", f"known are 0 to {count - 1}")
        self._call("device fault", self._hip.hipSetDevice(index))
        properties = self._properties(index)
        self.name = " ".join([_decoded(properties.name), *_overrides()])
        self.target = _decoded(properties.gcnArchName)
        self.runtime = _versions(self._call("device fault", self._hip.hipRuntimeGetVersion()))

    def load(self, artifact: Artifact) -> tuple[Any, frozenset[str]]:
        """Load a HSACO; raises UsageError when it is for another target or the runtime refuses it."""
        image = artifact.code_object.read_bytes()
        for_target(image, self.target, artifact.code_object)
        try:
            module = self._call("launch error", self._hip.hipModuleLoadData(image))
        except DriverError as error:
            raise KerntrackError(f"{artifact.code_object}: {error}", "compile the kernel again") from error
        return module, kernel_names(image)

    def allocate(self, size: int) -> int:
        """Allocate device memory."""
        return int(self._call("out of memory", self._hip.hipMalloc(size)))

    def free(self, address: int) -> None:
        """Give device memory back."""
        self._call("device fault", self._hip.hipFree(address))

    def upload(self, address: int, data: NDArray[np.uint8]) -> None:
        """Copy to the device."""
        kind = self._hip.hipMemcpyKind.hipMemcpyHostToDevice
        self._call("device fault", self._hip.hipMemcpy(address, data, data.size, kind))

    def download(self, address: int, size: int) -> NDArray[np.uint8]:
        """Copy from the device."""
        data = np.empty(size, np.uint8)
        kind = self._hip.hipMemcpyKind.hipMemcpyDeviceToHost
        self._call("device fault", self._hip.hipMemcpy(data, address, size, kind))
        return data

    def launch(self, module: Any, launch: Launch, parameters: int) -> float:
        """Launch, wait, and return microseconds between two events."""
        hip = self._hip
        function = self._call("launch error", hip.hipModuleGetFunction(module, launch.symbol.encode()))
        start, stop = (self._call("launch error", hip.hipEventCreate()) for _ in range(2))
        self._call("launch error", hip.hipEventRecord(start, None))
        shape = (*launch.grid, *launch.block, launch.dynamic_lds)
        self._call("launch error", hip.hipModuleLaunchKernel(function, *shape, None, parameters, None))
        self._call("launch error", hip.hipGetLastError())
        self._call("launch error", hip.hipEventRecord(stop, None))
        self._call("device fault", hip.hipDeviceSynchronize())
        milliseconds = self._call("device fault", hip.hipEventElapsedTime(start, stop))
        for event in (start, stop):
            self._call("device fault", hip.hipEventDestroy(event))
        return float(milliseconds) * 1000

    def _properties(self, index: int) -> Any:
        try:
            return self._call("device fault", self._hip.hipGetDeviceProperties(index))
        except TypeError:  # hip-python before 10 fills a structure
            properties = self._hip.hipDeviceProp_t()
            self._call("device fault", self._hip.hipGetDeviceProperties(properties, index))
            return properties

    def _call(self, kind: Failure, answer: tuple[Any, ...]) -> Any:
        error, *values = answer
        if error != self._hip.hipError_t.hipSuccess:
            raise DriverError(kind, _text(self._hip, error))
        return values[0] if values else None


def _versions(number: int) -> str:
    """`HIP 6.4.43482, amdgpu 6.10.5`, of the runtime's number (hip_version.h: major, two of minor, five of patch)."""
    text = f"HIP {number // 10_000_000}.{number // 100_000 % 100}.{number % 100_000}"
    return f"{text}, amdgpu {DRIVER.read_text().strip()}" if DRIVER.is_file() else text


def _overrides() -> list[str]:
    """Settings of ROCm that make a GPU pass for another or renumber them; evidence must show them."""
    return [f"{name}={os.environ[name]}" for name in OVERRIDES if os.environ.get(name)]


def _text(hip: Any, error: Any) -> str:
    described = hip.hipGetErrorString(error)
    text = described[-1] if isinstance(described, tuple) else described
    return f"{error.name}: {_decoded(text)}"


def _decoded(text: Any) -> str:
    return text.decode() if isinstance(text, bytes) else str(text)
