"""What stands in registers at a kernel's first instruction, per target."""

import numpy as np
import pytest

from tests.emulator.text import execute

# Per target: scalar registers of the kernarg address and of workgroup ids x and y, and code that puts the work-item
# ids x and y into v10 and v11.
PACKED = "v_and_b32_e32 v10, 0x3ff, v0\nv_bfe_u32 v11, v0, 10, 10"
TARGETS = {
    "gfx90a": ("s[4:5]", "s6", "s7", PACKED),
    "gfx1030": ("s[4:5]", "s6", "s7", "v_mov_b32_e32 v10, v0\nv_mov_b32_e32 v11, v1"),
    "gfx1100": ("s[0:1]", "s14", "s15", PACKED),
    "gfx1201": ("s[0:1]", "ttmp9", "ttmp7", PACKED),
}


@pytest.mark.parametrize("arch", TARGETS)
@pytest.mark.parametrize(("grid", "block"), [((3, 2, 1), (32, 2, 1)), ((2, 3, 1), (7, 5, 1)), ((1, 1, 1), (48, 1, 1))])
def test_ids(arch: str, grid: tuple[int, int, int], block: tuple[int, int, int]) -> None:
    base, x, y, split = TARGETS[arch]
    load = "s_load_dwordx2" if arch in ("gfx90a", "gfx1030") else "s_load_b64"
    store = "global_store_dwordx4" if arch in ("gfx90a", "gfx1030") else "global_store_b128"
    body = f"""
        {load} s[20:21], {base}, 0x0
        {split}
        v_mov_b32_e32 v12, {x}
        v_mov_b32_e32 v13, {y}
        s_mul_i32 s22, {y}, {grid[0]}
        s_add_i32 s22, s22, {x}
        s_mul_i32 s22, s22, {block[0] * block[1]}
        v_mul_u32_u24_e32 v14, {block[0]}, v11
        v_add3_u32 v14, v14, v10, s22
        v_lshlrev_b32_e32 v14, 4, v14
        {store} v14, v[10:13], s[20:21]
    """
    items = grid[0] * grid[1] * block[0] * block[1]
    report = execute(body, {"out": 16 * items}, grid=grid, block=block, arch=arch)
    found = report.buffers["out"].view(np.uint32).reshape(grid[1], grid[0], block[1], block[0], 4)
    gy, gx, iy, ix = np.indices(found.shape[:4])
    assert np.array_equal(found, np.stack([ix, iy, gx, gy], axis=-1))


@pytest.mark.parametrize(("block", "expected"), [(32, [0xFFFFFFFF]), (40, [0xFFFFFFFF, 0xFF]), (1, [1])])
def test_exec_has_a_bit_per_work_item(block: int, expected: list[int]) -> None:
    body = """
        s_load_b64 s[2:3], s[0:1], 0x0
        v_mov_b32_e32 v1, exec_lo
        v_lshlrev_b32_e32 v2, 2, v0
        global_store_b32 v2, v1, s[2:3]
    """
    found = execute(body, {"out": 4 * block}, block=(block, 1, 1)).buffers["out"].view(np.uint32)
    assert [found[32 * n] for n in range(len(expected))] == expected


def test_half_empty_wave_of_64_lanes_may_switch_on_its_upper_half() -> None:
    body = """
        s_load_dwordx2 s[2:3], s[4:5], 0x0
        s_mov_b64 exec, -1
        v_mbcnt_lo_u32_b32 v1, -1, 0
        v_mbcnt_hi_u32_b32 v1, -1, v1
        v_lshlrev_b32_e32 v2, 2, v1
        global_store_dword v2, v1, s[2:3]
    """
    found = execute(body, {"out": 256}, arch="gfx90a").buffers["out"].view(np.uint32)
    assert np.array_equal(found, np.arange(64))
