"""What the stand-ins for GPU runtimes share: host memory that plays the device's, and launches on the emulator."""

import ctypes
from typing import Any

import numpy as np

from tracker import emulator
from tracker.build.records import KernelObject

memory: dict[int, tuple[Any, int]] = {}
"""By device address: the host memory that plays the device's, and its size in bytes."""


def allocate(size: int) -> int:
    """Memory aligned as a runtime's is."""
    held = ctypes.create_string_buffer(size + 256)
    aligned = (ctypes.addressof(held) + 255) // 256 * 256
    memory[aligned] = (held, size)
    return aligned


def launch(
    program: emulator.Program,
    kernel: KernelObject,
    grid: tuple[int, int, int],
    block: tuple[int, int, int],
    lds: int,
    parameters: int,
    wrong_bit: bool = False,
) -> None:
    """Execute a launch whose arguments the `void *[]` at `parameters` points to. Raises EmulationFault."""
    arguments = _arguments(kernel, parameters)
    report = emulator.run(program, kernel.symbol, grid, block, arguments, dynamic_lds=lds, step_limit=200_000)
    for argument in arguments:
        if isinstance(argument, emulator.Memory):
            content = report.buffers[argument.name]
            content[0] ^= wrong_bit
            ctypes.memmove(int(argument.name, 16), content.tobytes(), content.size)


def _arguments(kernel: KernelObject, parameters: int) -> list[bytes | emulator.Memory]:
    """What the array of pointers `parameters` points to, as the kernel's metadata says."""
    arguments: list[bytes | emulator.Memory] = []
    explicit = [(kind, size) for kind, _, size in kernel.arguments if not kind.startswith("hidden_")]
    for number, (kind, size) in enumerate(explicit):
        pointer = ctypes.c_void_p.from_address(parameters + 8 * number).value or 0
        value = ctypes.string_at(pointer, size)
        arguments.append(_memory(int.from_bytes(value, "little")) if kind == "global_buffer" else value)
    return arguments


def _memory(address: int) -> emulator.Memory:
    """From `address` to the end of the allocation that holds it. Its name is the address."""
    start, size = next((start, size) for start, (_, size) in memory.items() if start <= address < start + size)
    content = ctypes.string_at(address, start + size - address)
    return emulator.Memory(f"{address:x}", np.frombuffer(content, np.uint8), "in")
