"""The few driver calls the benchmark needs: modules, memory, and the time of a captured graph of launches."""

import ctypes
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from cuda.bindings import driver
from numpy.typing import NDArray

from kernels.launch import Launch, Scalar

SCALARS = {4: ctypes.c_int, 8: ctypes.c_longlong}
"""C types by their size, bytes."""


def call(result: tuple[Any, ...]) -> Any:
    """The values of a driver call. Raises RuntimeError with the driver's text when it failed."""
    status, *values = result
    if status != driver.CUresult.CUDA_SUCCESS:
        raise RuntimeError(driver.cuGetErrorString(status)[1].decode())
    return values[0] if len(values) == 1 else values or None


def open_device() -> str:
    """Make a context on device 0; its name and driver version as text."""
    call(driver.cuInit(0))
    device = call(driver.cuDeviceGet(0))
    context = call(driver.cuDevicePrimaryCtxRetain(device))
    call(driver.cuCtxSetCurrent(context))
    name = call(driver.cuDeviceGetName(128, device)).split(b"\0")[0].decode()
    return f"{name}, CUDA driver {call(driver.cuDriverGetVersion())}"


def load(image: bytes) -> Any:
    """A module from a cubin or PTX text."""
    return call(driver.cuModuleLoadData(image))


def function(module: Any, symbol: str) -> Any | None:
    """The kernel, or None when the module lacks it."""
    status, handle = driver.cuModuleGetFunction(module, symbol.encode())
    return handle if status == driver.CUresult.CUDA_SUCCESS else None


def allocate(size: int) -> int:
    """Device memory, bytes."""
    return int(call(driver.cuMemAlloc(size)))


def free(pointer: int) -> None:
    """Give device memory back."""
    call(driver.cuMemFree(pointer))


def upload(pointer: int, data: NDArray[Any]) -> None:
    """Copy an array to the device."""
    data = np.ascontiguousarray(data)
    call(driver.cuMemcpyHtoD(pointer, data.ctypes.data, data.nbytes))


def download(pointer: int, size: int) -> NDArray[np.uint8]:
    """Copy `size` bytes from the device."""
    data = np.empty(size, np.uint8)
    call(driver.cuMemcpyDtoH(data.ctypes.data, pointer, size))
    return data


def launch(kernel: Any, shape: Launch, arguments: Sequence[int | Scalar], stream: Any) -> None:
    """Queue one launch with the grid and block of `shape`. `arguments` are addresses, and scalars as they are."""
    values = [each if isinstance(each, int) else int.from_bytes(each.data, "little", signed=True) for each in arguments]
    types = [ctypes.c_void_p if isinstance(each, int) else SCALARS[len(each.data)] for each in arguments]
    call(driver.cuLaunchKernel(kernel, *shape.grid, *shape.block, 0, stream, (tuple(values), tuple(types)), 0))


def microseconds(queue: Callable[[Any], int], repeats: int = 9) -> float:
    """Median time of one launch, µs. `queue(stream)` queues launches and says how many; they replay as one graph."""
    stream = call(driver.cuStreamCreate(1))
    call(driver.cuStreamBeginCapture(stream, driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED))
    count = queue(stream)
    graph = call(driver.cuStreamEndCapture(stream))
    replay = call(driver.cuGraphInstantiate(graph, 0))
    start, end = (call(driver.cuEventCreate(0)) for _ in range(2))
    times: list[float] = []
    for _ in range(repeats + 2):
        call(driver.cuEventRecord(start, stream))
        call(driver.cuGraphLaunch(replay, stream))
        call(driver.cuEventRecord(end, stream))
        call(driver.cuEventSynchronize(end))
        times.append(call(driver.cuEventElapsedTime(start, end)) * 1000 / count)
    call(driver.cuGraphExecDestroy(replay))
    call(driver.cuGraphDestroy(graph))
    return statistics.median(times[2:])


def copy_bandwidth() -> float:
    """Bytes read plus written per second of a 2 GiB device-to-device copy."""
    size = 2 << 30
    source, target = allocate(size), allocate(size)

    def queue(stream: Any) -> int:
        call(driver.cuMemcpyDtoDAsync(target, source, size, stream))
        return 1

    seconds = microseconds(queue) / 1e6
    free(source)
    free(target)
    return 2 * size / seconds
