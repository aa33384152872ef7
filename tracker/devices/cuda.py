"""NVIDIA GPUs through cuda-bindings. Importing this module needs neither the package nor a driver."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kernels.launch import Launch
from tracker.devices.codeobjects import cubin_kernels
from tracker.devices.gpu import DriverError, Failure, GpuDevice
from tracker.devices.protocol import Artifact
from tracker.errors import AbsentError, KerntrackError, UsageError

LAUNCH: Failure = "launch error"
FAULT: Failure = "device fault"
DRIVER = Path("/proc/driver/nvidia/version")
UNASKED_LDS = 48 * 1024
"""Bytes of dynamic shared memory that a kernel gets without asking (CUDA C++ Programming Guide)."""


def load_runtime() -> Any:
    """The module cuda.bindings.driver, initialised. Raises AbsentError with the remedy."""
    try:
        driver: Any = import_module("cuda.bindings.driver")
    except ImportError as error:
        raise AbsentError(
            "the package cuda-bindings is not installed", "python -m pip install cuda-bindings"
        ) from error
    try:
        (status,) = driver.cuInit(0)
    except RuntimeError as missing:
        raise AbsentError(
            f"NVIDIA's libcuda.so could not be loaded ({missing})", "install NVIDIA's driver"
        ) from missing
    if status != driver.CUresult.CUDA_SUCCESS:
        raise AbsentError(f"CUDA could not be started ({_text(driver, status)})", "see what nvidia-smi says")
    return driver


def device_count(driver: Any) -> int:
    """GPUs that the driver sees, at least one. Raises AbsentError."""
    error, count = driver.cuDeviceGetCount()
    if error != driver.CUresult.CUDA_SUCCESS or not count:
        raise AbsentError("CUDA sees no GPU", "see what nvidia-smi says; without a GPU use --device emulator")
    return int(count)


def open_device(index: int = 0) -> GpuDevice:
    """The GPU with that number. Raises AbsentError or UsageError when it cannot be used."""
    return GpuDevice(CudaDriver(index))


class CudaDriver:
    """One NVIDIA GPU. Raises AbsentError or UsageError when it cannot be used."""

    kind: Literal["cuda"] = "cuda"

    def __init__(self, index: int = 0) -> None:
        self._cuda = load_runtime()
        count = device_count(self._cuda)
        if not 0 <= index < count:
            raise UsageError(f"there is no NVIDIA GPU number {index}", f"known are 0 to {count - 1}")
        device = self._call(FAULT, self._cuda.cuDeviceGet(index))
        context = self._call(FAULT, self._cuda.cuDevicePrimaryCtxRetain(device))
        self._call(FAULT, self._cuda.cuCtxSetCurrent(context))
        self.name = self._call(FAULT, self._cuda.cuDeviceGetName(128, device)).split(b"\0")[0].decode()
        capability = self._cuda.CUdevice_attribute
        major, minor = (
            self._call(FAULT, self._cuda.cuDeviceGetAttribute(attribute, device))
            for attribute in (
                capability.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
                capability.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
            )
        )
        self.target = f"sm_{major}{minor}"
        self.runtime = _versions(self._call(FAULT, self._cuda.cuDriverGetVersion()))

    def load(self, artifact: Artifact) -> tuple[Any, frozenset[str]]:
        """Load a cubin, or PTX, which the driver translates.

        Raises KerntrackError when it is not for this GPU or refused.
        """
        image = artifact.code_object.read_bytes()
        binary = image.startswith(b"\x7fELF")
        names = frozenset(cubin_kernels(image)) if binary else self._ptx_kernel_names(image, artifact.code_object)
        try:
            return self._call(LAUNCH, self._cuda.cuModuleLoadData(image + b"\0")), names
        except DriverError as error:
            raise KerntrackError(f"{artifact.code_object}: {error}", "compile the kernel again") from error

    def _ptx_kernel_names(self, text: bytes, path: Path) -> frozenset[str]:
        built_for = re.search(rb"^\.target sm_(\d+)", text, re.MULTILINE)
        if built_for is None or int(built_for[1]) > int(self.target[3:]):
            raise UsageError(f"{path} is not PTX for {self.target}", f"compile it for {self.target}")
        return frozenset(name.decode() for name in re.findall(rb"^\.visible \.entry (\w+)\(", text, re.MULTILINE))

    def allocate(self, size: int) -> int:
        """Allocate device memory."""
        return int(self._call("out of memory", self._cuda.cuMemAlloc(size)))

    def free(self, address: int) -> None:
        """Give device memory back."""
        self._call(FAULT, self._cuda.cuMemFree(address))

    def upload(self, address: int, data: NDArray[np.uint8]) -> None:
        """Copy to the device."""
        self._call(FAULT, self._cuda.cuMemcpyHtoD(address, data.ctypes.data, data.size))

    def download(self, address: int, size: int) -> NDArray[np.uint8]:
        """Copy from the device."""
        data = np.empty(size, np.uint8)
        self._call(FAULT, self._cuda.cuMemcpyDtoH(data.ctypes.data, address, size))
        return data

    def launch(self, module: Any, launch: Launch, parameters: int) -> float:
        """Launch, wait, and return microseconds between two events."""
        cuda = self._cuda
        function = self._call(LAUNCH, cuda.cuModuleGetFunction(module, launch.symbol.encode()))
        if launch.dynamic_lds > UNASKED_LDS:
            attribute = cuda.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
            self._call(LAUNCH, cuda.cuFuncSetAttribute(function, attribute, launch.dynamic_lds))
        start, stop = (self._call(LAUNCH, cuda.cuEventCreate(0)) for _ in range(2))
        self._call(LAUNCH, cuda.cuEventRecord(start, 0))
        shape = (*launch.grid, *launch.block, launch.dynamic_lds)
        self._call(LAUNCH, cuda.cuLaunchKernel(function, *shape, 0, parameters, 0))
        self._call(LAUNCH, cuda.cuEventRecord(stop, 0))
        self._call(FAULT, cuda.cuCtxSynchronize())
        milliseconds = self._call(FAULT, cuda.cuEventElapsedTime(start, stop))
        for event in (start, stop):
            self._call(FAULT, cuda.cuEventDestroy(event))
        return float(milliseconds) * 1000

    def _call(self, kind: Failure, answer: tuple[Any, ...]) -> Any:
        error, *values = answer
        if error != self._cuda.CUresult.CUDA_SUCCESS:
            raise DriverError(kind, _text(self._cuda, error))
        return values[0] if values else None


def _versions(number: int) -> str:
    """`CUDA 13.0, driver 580.159.03`, of cuDriverGetVersion's number (1000 × major + 10 × minor)."""
    text = f"CUDA {number // 1000}.{number % 1000 // 10}"
    found = re.search(r"\b\d+\.\d+(\.\d+)?\b", DRIVER.read_text()) if DRIVER.is_file() else None
    return f"{text}, driver {found[0]}" if found else text


def _text(driver: Any, error: Any) -> str:
    _, text = driver.cuGetErrorString(error)
    return f"{error.name}: {text.decode() if text else 'unknown error'}"
