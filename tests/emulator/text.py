"""Hand-written kernels as assembly text for the emulator's tests."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.emulator import Memory, Report, load, run

SET_UP = {
    "gfx90a": {"user_sgpr_private_segment_buffer": 1, "user_sgpr_count": 6, "system_vgpr_workitem_id": 1},
    "gfx1030": {
        "user_sgpr_private_segment_buffer": 1,
        "user_sgpr_count": 6,
        "system_vgpr_workitem_id": 1,
        "wavefront_size32": 1,
    },
    "gfx1100": {"user_sgpr_count": 14, "system_vgpr_workitem_id": 1, "wavefront_size32": 1},
    "gfx1201": {"user_sgpr_count": 2, "system_vgpr_workitem_id": 1, "wavefront_size32": 1},
}
"""Descriptor directives as clang writes them for a kernel that uses workgroup ids x and y and work-item ids x and y."""


def assembly(body: str, buffers: Sequence[str], *, arch: str = "gfx1100", lds: int = 0, scratch: int = 0) -> str:
    """A file with one kernel `k` whose arguments are global pointers; `body` has one instruction per line."""
    directives = {
        "group_segment_fixed_size": lds,
        "private_segment_fixed_size": scratch,
        "kernarg_size": 8 * len(buffers),
        "user_sgpr_kernarg_segment_ptr": 1,
        "system_sgpr_workgroup_id_x": 1,
        "system_sgpr_workgroup_id_y": 1,
        "float_denorm_mode_32": 3,
        **SET_UP[arch],
    }
    code = "\n".join(line.strip() if line.strip().endswith(":") else "\t" + line.strip() for line in body.split("\n"))
    described = "\n".join(f"\t\t.amdhsa_{key} {value}" for key, value in directives.items())
    arguments = "".join(
        f"      - .offset: {8 * n}\n        .size: 8\n        .value_kind: global_buffer\n" for n in range(len(buffers))
    )
    return (
        f'\t.amdgcn_target "amdgcn-amd-amdhsa--{arch}"\n\t.text\nk:                      ; @k\n'
        f'\t.file\t1 "folder" "kernel.hip"\n\t.loc\t1 7 3\n{code}\n\ts_endpgm\n'
        f'\t.section\t.rodata,"a",@progbits\n\t.amdhsa_kernel k\n{described}\n\t.end_amdhsa_kernel\n'
        f"\t.amdgpu_metadata\n---\namdhsa.kernels:\n  - .args:\n{arguments}"
        f"    .kernarg_segment_size: {8 * len(buffers)}\n    .max_flat_workgroup_size: 1024\n    .name: k\n"
        f"    .symbol: k.kd\namdhsa.target: amdgcn-amd-amdhsa--{arch}\n...\n\n\t.end_amdgpu_metadata\n"
    )


def execute(
    body: str,
    outputs: dict[str, int],
    inputs: dict[str, NDArray[np.generic]] | None = None,
    *,
    grid: tuple[int, int, int] = (1, 1, 1),
    block: tuple[int, int, int] = (32, 1, 1),
    arch: str = "gfx1100",
    lds: int = 0,
    scratch: int = 0,
    step_limit: int = 100_000,
    seed: int = 0,
) -> Report:
    """Run a body. Its pointers are the inputs, then the outputs (sizes in bytes), in order."""
    given = inputs or {}
    memories = [Memory(name, data.view(np.uint8).reshape(-1), "in") for name, data in given.items()]
    memories += [Memory(name, np.full(size, 0xEE, np.uint8), "out") for name, size in outputs.items()]
    text = assembly(body, [memory.name for memory in memories], arch=arch, lds=lds, scratch=scratch)
    return run(load(text), "k", grid, block, memories, step_limit=step_limit, seed=seed)


def words(report: Report, name: str) -> NDArray[np.uint32]:
    """A buffer of a report as uint32."""
    return report.buffers[name].view(np.uint32)


LANE_OFFSET = """
    v_and_b32_e32 v1, 0x3ff, v0
    v_lshlrev_b32_e32 v2, 2, v1
"""
"""v1 = work-item id x, v2 = 4 * v1, on targets that pack the ids."""
