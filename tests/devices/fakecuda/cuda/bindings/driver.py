"""As much of cuda.bindings.driver as kerntrack calls.

A launch executes, on the emulator, code that was built for an AMD GPU from the same source as the PTX.

Environment: FAKECUDA_ASSEMBLY names the assembly files of gfx1100 (joined by `:`, the code object beside each) in which
a kernel is looked up, FAKECUDA_INJECT what shall go wrong: `no driver`, `no device`, `out of memory`, `refused image`,
`no function`, `launch error`, `illegal address`, `crash`, `hang`, `wrong bit`; FAKECUDA_KERNEL with which kernel.
"""

import ctypes
import enum
import os
import re
import time
from functools import cache
from pathlib import Path

import emulated

from tracker import emulator
from tracker.build import codeobject
from tracker.build.records import KernelObject
from tracker.devices.codeobjects import cubin_kernels

INJECT = os.environ.get("FAKECUDA_INJECT", "")
KERNEL = os.environ.get("FAKECUDA_KERNEL", "")


class CUresult(enum.IntEnum):
    CUDA_SUCCESS = 0
    CUDA_ERROR_INVALID_VALUE = 1
    CUDA_ERROR_OUT_OF_MEMORY = 2
    CUDA_ERROR_NO_DEVICE = 100
    CUDA_ERROR_NO_BINARY_FOR_GPU = 209
    CUDA_ERROR_NOT_FOUND = 500
    CUDA_ERROR_ILLEGAL_ADDRESS = 700


class CUdevice_attribute(enum.IntEnum):
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76


class CUfunction_attribute(enum.IntEnum):
    CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8


Answer = tuple[object, ...]
GOOD = CUresult.CUDA_SUCCESS
launched = ""


def wrong(what: str, symbol: str = "") -> bool:
    return what == INJECT and KERNEL in symbol


def cuInit(flags: int) -> Answer:
    if wrong("no driver"):
        raise RuntimeError("Failed to dlopen libcuda.so.1")
    return (CUresult.CUDA_ERROR_NO_DEVICE if wrong("no device") else GOOD,)


def cuDeviceGetCount() -> Answer:
    return GOOD, 1


def cuDriverGetVersion() -> Answer:
    return GOOD, 13000


def cuDeviceGet(index: int) -> Answer:
    return GOOD, index


def cuDevicePrimaryCtxRetain(device: int) -> Answer:
    return GOOD, device


def cuCtxSetCurrent(context: int) -> Answer:
    return (GOOD,)


def cuDeviceGetName(length: int, device: int) -> Answer:
    return GOOD, b"Emulated GeForce\0"


def cuDeviceGetAttribute(attribute: CUdevice_attribute, device: int) -> Answer:
    return GOOD, 9 if attribute == CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR else 0


def cuModuleLoadData(image: bytes) -> Answer:
    if wrong("refused image", image.decode(errors="replace")):
        return CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU, None
    if image.startswith(b"\x7fELF"):
        return GOOD, {name.encode() for name in cubin_kernels(image)}
    return GOOD, set(re.findall(rb"\.entry (\w+)\(", image))


def cuModuleGetFunction(module: set[bytes], symbol: bytes) -> Answer:
    if symbol not in module or wrong("no function", symbol.decode()):
        return CUresult.CUDA_ERROR_NOT_FOUND, None
    return GOOD, symbol.decode()


def cuMemAlloc(size: int) -> Answer:
    return (CUresult.CUDA_ERROR_OUT_OF_MEMORY, 0) if wrong("out of memory") else (GOOD, emulated.allocate(size))


def cuMemFree(address: int) -> Answer:
    return (GOOD if emulated.memory.pop(address, None) else CUresult.CUDA_ERROR_INVALID_VALUE,)


def cuMemcpyHtoD(address: int, source: int, size: int) -> Answer:
    ctypes.memmove(address, source, size)
    return (GOOD,)


def cuMemcpyDtoH(target: int, address: int, size: int) -> Answer:
    ctypes.memmove(target, address, size)
    return (GOOD,)


def cuFuncSetAttribute(function: str, attribute: CUfunction_attribute, value: int) -> Answer:
    return (GOOD,)


def cuEventCreate(flags: int) -> Answer:
    return GOOD, [0.0]


def cuEventRecord(event: list[float], stream: int) -> Answer:
    event[0] = time.perf_counter()
    return (GOOD,)


def cuEventElapsedTime(start: list[float], stop: list[float]) -> Answer:
    return GOOD, (stop[0] - start[0]) * 1000


def cuEventDestroy(event: list[float]) -> Answer:
    return (GOOD,)


def cuLaunchKernel(function: str, *rest: int) -> Answer:
    global launched
    launched = function
    if wrong("launch error", function):
        return (CUresult.CUDA_ERROR_INVALID_VALUE,)
    program, kernel = _find(function)
    emulated.launch(program, kernel, rest[0:3], rest[3:6], rest[6], rest[8], wrong("wrong bit", function))
    return (GOOD,)


def cuCtxSynchronize() -> Answer:
    while wrong("hang", launched):
        time.sleep(1)
    if wrong("crash", launched):
        ctypes.string_at(0)
    return (CUresult.CUDA_ERROR_ILLEGAL_ADDRESS if wrong("illegal address", launched) else GOOD,)


def cuGetErrorString(error: CUresult) -> Answer:
    return GOOD, error.name.removeprefix("CUDA_ERROR_").replace("_", " ").lower().encode()


@cache
def _find(symbol: str) -> tuple[emulator.Program, KernelObject]:
    for path in map(Path, os.environ["FAKECUDA_ASSEMBLY"].split(":")):
        kernels = codeobject.read(path.with_suffix(".hsaco")).kernels
        if symbol in kernels:
            return _program(path), kernels[symbol]
    raise LookupError(symbol)


@cache
def _program(path: Path) -> emulator.Program:
    return emulator.load(path.read_text())
