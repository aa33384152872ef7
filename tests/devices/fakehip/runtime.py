"""The Python half of the stand-in HIP runtime: device memory, modules, launches; loaded by libamdhip64.c on first use.

Environment: FAKEHIP_LIBRARY is the library's path, FAKEHIP_BUILDS a build cache in which the assembly of a loaded HSACO
is found, FAKEHIP_TARGET the GPU's target id, FAKEHIP_INJECT what shall go wrong (see `INJECT`), FAKEHIP_KERNEL the
kernel with which it goes wrong (default: each).
"""

import ctypes
import os
import signal
import struct
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import emulated

from tracker import emulator
from tracker.build import codeobject
from tracker.build.records import CodeObject, KernelObject
from tracker.devices import hip

SUCCESS, INVALID_VALUE, OUT_OF_MEMORY, INVALID_CONFIGURATION, NO_DEVICE = 0, 1, 2, 9, 100
INVALID_DEVICE, INVALID_IMAGE, NO_BINARY, NOT_FOUND, ILLEGAL_ADDRESS, LAUNCH_FAILURE = 101, 200, 209, 500, 700, 719
NAMES = {
    SUCCESS: ("hipSuccess", "no error"),
    INVALID_VALUE: ("hipErrorInvalidValue", "invalid argument"),
    OUT_OF_MEMORY: ("hipErrorOutOfMemory", "out of memory"),
    INVALID_CONFIGURATION: ("hipErrorInvalidConfiguration", "invalid configuration argument"),
    NO_DEVICE: ("hipErrorNoDevice", "no ROCm-capable device is detected"),
    INVALID_DEVICE: ("hipErrorInvalidDevice", "invalid device ordinal"),
    INVALID_IMAGE: ("hipErrorInvalidImage", "device kernel image is invalid"),
    NO_BINARY: ("hipErrorNoBinaryForGpu", "no kernel image is available for execution on the device"),
    NOT_FOUND: ("hipErrorNotFound", "named symbol not found"),
    ILLEGAL_ADDRESS: ("hipErrorIllegalAddress", "an illegal memory access was encountered"),
    LAUNCH_FAILURE: ("hipErrorLaunchFailure", "unspecified launch failure"),
}
INJECT = os.environ.get("FAKEHIP_INJECT", "")
"""Before a kernel is known: `no device`, `no driver`, `no permission`, `crash at start`, `out of memory`.

With a kernel: `refused image`, `no function`, `launch error`, `launch failure`, `illegal address`, `memory fault`,
`wrong bit`, `hang`, `crash`, `exit`, `killed`.
"""
KERNEL = os.environ.get("FAKEHIP_KERNEL", "").encode()

ARCH_NAME_OFFSET = 1160
"""Of gcnArchName in hipDeviceProp_tR0600, whose first field is the name."""

modules: dict[int, tuple[emulator.Program, CodeObject]] = {}
functions: dict[int, tuple[emulator.Program, KernelObject]] = {}
events: dict[int, float] = {}
texts = {entry: tuple(ctypes.create_string_buffer(text.encode()) for text in entry) for entry in NAMES.values()}
pending = SUCCESS
"""What the next synchronisation reports."""
launched = b""
"""The kernel that ran last."""


class Forbidden:
    """A path that exists and may not be used, whoever asks."""

    def exists(self) -> bool:
        return True

    def __fspath__(self) -> str:
        return "/dev/kfd/forbidden"

    def __str__(self) -> str:
        return "/dev/kfd"


def wrong(what: str, symbols: bytes = b"") -> bool:
    """Whether that shall go wrong now, with the kernel or the image that holds `symbols`."""
    return what == INJECT and KERNEL in symbols


def hipInit(flags: int) -> int:
    return SUCCESS


def hipRuntimeGetVersion(version: int) -> int:
    ctypes.c_int.from_address(version).value = 60_443_482
    return SUCCESS


hipDriverGetVersion = hipRuntimeGetVersion


def hipGetDeviceCount(count: int) -> int:
    if INJECT == "crash at start":
        ctypes.string_at(0)
    absent = INJECT in ("no device", "no driver", "no permission")
    hip.KFD = {"no driver": Path("/dev/kfd/absent"), "no permission": Forbidden()}.get(INJECT, Path("/dev/null"))
    ctypes.c_int.from_address(count).value = 0 if absent else 1
    return NO_DEVICE if absent else SUCCESS


def hipSetDevice(device: int) -> int:
    return SUCCESS if device == 0 else INVALID_DEVICE


def hipGetDevicePropertiesR0600(properties: int, device: int) -> int:
    ctypes.memmove(properties, b"Emulated Radeon\0", 16)
    target = os.environ["FAKEHIP_TARGET"].encode() + b"\0"
    ctypes.memmove(properties + ARCH_NAME_OFFSET, target, len(target))
    return SUCCESS


def hipMalloc(address: int, size: int) -> int:
    if INJECT == "out of memory":
        return OUT_OF_MEMORY
    ctypes.c_void_p.from_address(address).value = emulated.allocate(size)
    return SUCCESS


def hipFree(address: int) -> int:
    return SUCCESS if emulated.memory.pop(address, None) else INVALID_VALUE


def hipMemcpy(to: int, source: int, size: int, kind: int) -> int:
    ctypes.memmove(to, source, size)
    return SUCCESS


def hipMemset(to: int, value: int, size: int) -> int:
    ctypes.memset(to, value, size)
    return SUCCESS


def hipModuleLoadData(module: int, image: int) -> int:
    if ctypes.string_at(image, 4) != b"\x7fELF":
        return INVALID_IMAGE
    path = _find(image)
    if path is None:
        return NO_BINARY
    if wrong("refused image", path.read_bytes()):
        return INVALID_IMAGE
    handle = 0x1000 + len(modules)
    modules[handle] = emulator.load(path.with_suffix(".s").read_text()), codeobject.read(path)
    ctypes.c_void_p.from_address(module).value = handle
    return SUCCESS


def _find(image: int) -> Path | None:
    """The HSACO in the build cache. The section headers are the last that lld writes into one."""
    header = ctypes.string_at(image, 64)
    (table,), (entry_size, entries) = struct.unpack_from("<Q", header, 40), struct.unpack_from("<HH", header, 58)
    content = ctypes.string_at(image, table + entry_size * entries)
    for path in Path(os.environ["FAKEHIP_BUILDS"]).glob("*/*/kernel.hsaco"):
        if path.read_bytes() == content:
            return path
    return None


def hipModuleUnload(module: int) -> int:
    return SUCCESS if modules.pop(module, None) else INVALID_VALUE


def hipModuleGetFunction(function: int, module: int, name: bytes) -> int:
    symbol = name.decode()
    program, code_object = modules[module]
    if symbol not in code_object.kernels or wrong("no function", name):
        return NOT_FOUND
    handle = 0x100000 + len(functions)
    functions[handle] = (program, code_object.kernels[symbol])
    ctypes.c_void_p.from_address(function).value = handle
    return SUCCESS


def hipModuleLaunchKernel(function: int, *rest: int) -> int:
    global pending, launched
    program, kernel = functions[function]
    launched = kernel.symbol.encode()
    grid, block, lds, parameters = rest[0:3], rest[3:6], rest[6], rest[8]
    if block[0] * block[1] * block[2] > 1024 or wrong("launch error", launched):
        return INVALID_CONFIGURATION
    try:
        emulated.launch(program, kernel, grid, block, lds, parameters, wrong("wrong bit", launched))
    except emulator.EmulationFault as fault:
        return _fail(fault)
    injected = INJECT if wrong(INJECT, launched) else ""
    pending = {"launch failure": LAUNCH_FAILURE, "illegal address": ILLEGAL_ADDRESS}.get(injected, SUCCESS)
    return SUCCESS


def _fail(fault: emulator.EmulationFault) -> int:
    """As ROCm does: a bad address ends the process with a message, an endless kernel never comes back."""
    if fault.kind == "out of bounds":
        _memory_fault(fault.message)
    while fault.kind == "step limit":
        time.sleep(1)
    return LAUNCH_FAILURE


def _memory_fault(reason: str) -> None:
    message = f"Memory access fault by GPU node-1 (Agent handle: 0x1): {reason}\n"
    os.write(2, message.encode())
    os.abort()


def hipDeviceSynchronize() -> int:
    while wrong("hang", launched):
        time.sleep(1)
    if wrong("crash", launched):
        ctypes.string_at(0)
    if wrong("memory fault", launched):
        _memory_fault("Page not present or supervisor privilege.")
    if wrong("exit", launched):
        os._exit(3)
    if wrong("killed", launched):
        os.kill(os.getpid(), signal.SIGKILL)
    return pending


def hipGetLastError() -> int:
    return SUCCESS


def hipEventCreate(event: int) -> int:
    handle = 0x200000 + len(events)
    events[handle] = 0.0
    ctypes.c_void_p.from_address(event).value = handle
    return SUCCESS


def hipEventDestroy(event: int) -> int:
    return SUCCESS if event in events else INVALID_VALUE


def hipEventRecord(event: int, stream: int) -> int:
    events[event] = time.perf_counter()
    return SUCCESS


def hipEventSynchronize(event: int) -> int:
    return SUCCESS


def hipEventElapsedTime(milliseconds: int, start: int, stop: int) -> int:
    ctypes.c_float.from_address(milliseconds).value = (events[stop] - events[start]) * 1000
    return SUCCESS


def hipGetErrorString(error: int) -> int:
    return ctypes.addressof(texts[NAMES[error]][1])


def hipGetErrorName(error: int) -> int:
    return ctypes.addressof(texts[NAMES[error]][0])


POINTER, INT, SIZE = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
ENTRIES = {
    "hipInit": (INT,),
    "hipRuntimeGetVersion": (POINTER,),
    "hipDriverGetVersion": (POINTER,),
    "hipGetDeviceCount": (POINTER,),
    "hipSetDevice": (INT,),
    "hipGetDevicePropertiesR0600": (POINTER, INT),
    "hipMalloc": (POINTER, SIZE),
    "hipFree": (POINTER,),
    "hipMemcpy": (POINTER, POINTER, SIZE, INT),
    "hipMemset": (POINTER, INT, SIZE),
    "hipModuleLoadData": (POINTER, POINTER),
    "hipModuleUnload": (POINTER,),
    "hipModuleGetFunction": (POINTER, POINTER, ctypes.c_char_p),
    "hipModuleLaunchKernel": (POINTER, *[ctypes.c_uint] * 7, POINTER, POINTER, POINTER),
    "hipDeviceSynchronize": (),
    "hipGetLastError": (),
    "hipEventCreate": (POINTER,),
    "hipEventDestroy": (POINTER,),
    "hipEventRecord": (POINTER, POINTER),
    "hipEventSynchronize": (POINTER,),
    "hipEventElapsedTime": (POINTER, POINTER, POINTER),
    "hipGetErrorString": (INT,),
    "hipGetErrorName": (INT,),
}
"""Entry points in the order of the table in libamdhip64.c, with the types of their arguments."""


def _loudly(function: Callable[..., int]) -> Callable[..., int]:
    """A mistake in this file ends the process, where ctypes would go on with an arbitrary result."""

    def called(*arguments: Any) -> int:
        try:
            return function(*arguments)
        except BaseException:
            traceback.print_exc()
            os.abort()

    return called


def _register() -> list[Any]:
    """Fill the library's table with the functions above; the result keeps them alive."""
    kept: list[Any] = []
    library = ctypes.CDLL(os.environ["FAKEHIP_LIBRARY"])
    table = (POINTER * len(ENTRIES)).in_dll(library, "fakehip_table")
    for number, (name, arguments) in enumerate(ENTRIES.items()):
        result = POINTER if name.startswith("hipGetErrorS") or name.startswith("hipGetErrorN") else INT
        kept.append(ctypes.CFUNCTYPE(result, *arguments)(_loudly(globals()[name])))
        table[number] = ctypes.cast(kept[-1], POINTER).value
    return kept


kept = _register()
