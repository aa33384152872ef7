"""What the hardware puts into registers before a wave's first instruction."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tracker.emulator.arch import Arch
from tracker.emulator.instruction import EXEC, TTMP
from tracker.emulator.launch import Geometry
from tracker.emulator.machine import Machine

# User SGPRs in the order in which the enabled ones are packed from s0 on, with their sizes.
_USER = (
    ("private_segment_buffer", 4),
    ("dispatch_ptr", 2),
    ("queue_ptr", 2),
    ("kernarg_segment_ptr", 2),
    ("dispatch_id", 2),
    ("flat_scratch_init", 2),
    ("private_segment_size", 1),
)


def user_registers(directives: dict[str, int]) -> dict[str, int]:
    """First scalar register of every enabled user SGPR."""
    places, following = {}, 0
    for name, size in _USER:
        if directives.get(f"user_sgpr_{name}", 0):
            places[name] = following
            following += size
    places["end"] = directives.get("user_sgpr_count", following)
    return places


def initialise(
    machine: Machine, arch: Arch, directives: dict[str, int], geometry: Geometry, first: int, pointers: dict[str, int]
) -> None:
    """Set up scalar and vector registers for the workgroups from number `first` on.

    `pointers`: addresses by the name of the user SGPRs that hold them.
    """
    groups = machine.waves // geometry.group_waves
    ids = [np.repeat(axis, geometry.group_waves) for axis in geometry.group_ids(first, groups)]
    for register, value in _scalars(arch, directives, ids, pointers):
        machine.scalar(register)[:, 0] = value
    bits = np.tile(geometry.exec_bits(), groups)
    machine.exec[:, 0] = bits
    _work_items(machine, arch, directives, geometry, groups)


def _scalars(
    arch: Arch,
    directives: dict[str, int],
    ids: list[np.ndarray[tuple[int], np.dtype[np.uint32]]],
    pointers: dict[str, int],
) -> Iterator[tuple[int, Any]]:
    places = user_registers(directives)
    for name, address in pointers.items():
        if name in places:
            yield places[name], address & 0xFFFFFFFF
            yield places[name] + 1, address >> 32
    if arch.group_id == "ttmp":
        yield TTMP + 9, ids[0]
        yield TTMP + 7, ids[1] | (ids[2] << np.uint32(16))
        return
    following = places["end"]
    for axis, name in enumerate("xyz"):
        if directives.get(f"system_sgpr_workgroup_id_{name}", 1 if axis == 0 else 0):
            yield following, ids[axis]
            following += 1
    if directives.get("system_sgpr_workgroup_info", 0):
        following += 1
    if directives.get("system_sgpr_private_segment_wavefront_offset", 0):
        yield following, 0


def _work_items(machine: Machine, arch: Arch, directives: dict[str, int], geometry: Geometry, groups: int) -> None:
    wanted = directives.get("system_vgpr_workitem_id", 0)
    x, y, z = (np.tile(ids, (groups, 1)) for ids in geometry.item_ids(machine.lanes))
    if arch.packed_work_item:
        packed = x.copy()
        if wanted >= 1:
            packed |= y << np.uint32(10)
        if wanted >= 2:
            packed |= z << np.uint32(20)
        machine.vector(0)[:] = packed
        return
    for register, ids in enumerate((x, y, z)[: wanted + 1]):
        machine.vector(register)[:] = ids


__all__ = ["EXEC", "initialise", "user_registers"]
