"""Launches: arguments, initial registers (LLVM AMDGPUUsage, "Initial Kernel Execution State"), workgroups in chunks."""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.emulator.assembly import KernelText
from tracker.emulator.faults import EmulationFault

Dim = tuple[int, int, int]

_HIDDEN_SIZES = ("x", "y", "z")


@dataclass(frozen=True)
class Geometry:
    """grid counts workgroups, block counts work-items."""

    grid: Dim
    block: Dim
    wave: int

    @property
    def items(self) -> int:
        """Work-items of a workgroup."""
        return self.block[0] * self.block[1] * self.block[2]

    @property
    def group_waves(self) -> int:
        """Waves of a workgroup."""
        return -(-self.items // self.wave)

    @property
    def groups(self) -> int:
        """Workgroups of the launch."""
        return self.grid[0] * self.grid[1] * self.grid[2]

    def group_ids(self, first: int, count: int) -> tuple[NDArray[np.uint32], ...]:
        """x, y, z of `count` workgroups from number `first` on; x runs fastest."""
        linear = np.arange(first, first + count)
        x, y = self.grid[0], self.grid[1]
        return tuple(ids.astype(np.uint32) for ids in (linear % x, linear // x % y, linear // (x * y)))

    def group_id(self, number: int) -> tuple[int, int, int]:
        """x, y, z of one workgroup."""
        x, y = self.grid[0], self.grid[1]
        return number % x, number // x % y, number // (x * y)

    def item_ids(self, lanes: int) -> tuple[NDArray[np.uint32], ...]:
        """x, y, z of the work-item in each lane of a workgroup's waves, shape (group_waves, lanes)."""
        shape = (self.group_waves, self.wave)
        linear = np.arange(shape[0] * shape[1]).reshape(shape)[:, :lanes]
        x, y = self.block[0], self.block[1]
        return tuple(ids.astype(np.uint32) for ids in (linear % x, linear // x % y, linear // (x * y)))

    def exec_bits(self) -> NDArray[np.uint64]:
        """EXEC of each wave of a workgroup at the start: one bit per existing work-item."""
        left = self.items - np.arange(self.group_waves) * self.wave
        return np.array([(1 << min(int(n), self.wave)) - 1 for n in left], np.uint64)


def check_geometry(grid: Dim, block: Dim, text: KernelText) -> None:
    """Raise EmulationFault (`launch error`) for sizes that the kernel cannot be launched with."""
    for what, dim in (("grid", grid), ("block", block)):
        if len(dim) != 3 or min(dim) < 1:
            raise EmulationFault("launch error", f"{what} {dim} must be three numbers of at least 1")
    if block[0] * block[1] * block[2] > text.max_threads:
        most = f"kernel {text.symbol} is compiled for at most {text.max_threads} work-items a workgroup"
        raise EmulationFault("launch error", f"block {block} is too large: {most}")


def kernarg(text: KernelText, arguments: list[bytes | int], geometry: Geometry, dynamic_lds: int) -> bytes:
    """The kernarg segment: explicit arguments (bytes, or the address of a buffer) and hidden ones.

    Raises EmulationFault (`launch error`) when arguments do not match the kernel's.
    """
    explicit = [slot for slot in text.arguments if not slot.value_kind.startswith("hidden_")]
    if len(explicit) != len(arguments):
        raise EmulationFault(
            "launch error", f"kernel {text.symbol} takes {len(explicit)} arguments, {len(arguments)} given"
        )
    size = max([text.kernarg_size, *(slot.offset + slot.size for slot in text.arguments)])
    segment = bytearray(size)
    for number, (slot, argument) in enumerate(zip(explicit, arguments, strict=True), 1):
        raw = argument if isinstance(argument, bytes) else struct.pack("<Q", argument)
        if len(raw) != slot.size:
            raise EmulationFault(
                "launch error",
                f"argument {number} of kernel {text.symbol} has {slot.size} bytes, {len(raw)} given",
            )
        segment[slot.offset : slot.offset + slot.size] = raw
    values = hidden_values(geometry, dynamic_lds)
    for slot in text.arguments:
        if slot.value_kind in values:
            number = values[slot.value_kind]
            segment[slot.offset : slot.offset + slot.size] = number.to_bytes(slot.size, "little")
    return bytes(segment)


def dispatch_packet(geometry: Geometry) -> bytes:
    """The AQL packet of the launch as far as kernels read it: sizes of workgroup and grid, both in work-items."""
    items = [blocks * size for blocks, size in zip(geometry.grid, geometry.block, strict=True)]
    return struct.pack("<4x3H2x3I40x", *geometry.block, *items)


def hidden_values(geometry: Geometry, dynamic_lds: int) -> dict[str, int]:
    """Hidden arguments of code object version 5 and 6 by value kind; grids here are always uniform."""
    values = {"hidden_grid_dims": 3 if geometry.grid[2] > 1 or geometry.block[2] > 1 else 2}
    if values["hidden_grid_dims"] == 2 and geometry.grid[1] == geometry.block[1] == 1:
        values["hidden_grid_dims"] = 1
    for axis, name in enumerate(_HIDDEN_SIZES):
        values[f"hidden_block_count_{name}"] = geometry.grid[axis]
        values[f"hidden_group_size_{name}"] = geometry.block[axis]
        values[f"hidden_remainder_{name}"] = 0
        values[f"hidden_global_offset_{name}"] = 0
    values["hidden_dynamic_lds_size"] = dynamic_lds
    return values
