"""Waves part at branches and meet again; the results are those of each wave alone."""

import numpy as np
import pytest

from tests.emulator.text import LANE_OFFSET, execute, words

LOOP = (
    "s_load_b64 s[2:3], s[0:1], 0x0"
    + LANE_OFFSET
    + """
    v_mov_b32_e32 v5, 0
    v_mov_b32_e32 v6, {start}
    s_mov_b32 s6, 0
    v_cmpx_ne_u32_e32 0, v6
    s_cbranch_execz .LBB0_2
.LBB0_1:
    v_add_nc_u32_e32 v5, v5, v6
    v_add_nc_u32_e32 v6, -1, v6
    v_cmp_eq_u32_e32 vcc_lo, 0, v6
    s_or_b32 s6, vcc_lo, s6
    s_and_not1_b32 exec_lo, exec_lo, s6
    s_cbranch_execnz .LBB0_1
.LBB0_2:
    s_mov_b32 exec_lo, -1
    v_lshlrev_b32_e32 v7, 7, v8
    s_lshl_b32 s7, s14, 10
    v_add_nc_u32_e32 v2, s7, v2
    global_store_b32 v2, v5, s[2:3]
"""
)


@pytest.mark.parametrize("start", ["v1", "v9"])
def test_loops_of_different_length(start: str) -> None:
    """The sum 1 + 2 + … + n, n the work-item's number or the wave's."""
    body = LOOP.format(start=start).replace("v_mov_b32_e32 v5, 0", "v_lshrrev_b32_e32 v9, 5, v1\nv_mov_b32_e32 v5, 0")
    report = execute(body, {"result": 3 * 1024}, grid=(3, 1, 1), block=(256, 1, 1))
    n = np.arange(256) if start == "v1" else np.arange(256) // 32
    assert np.array_equal(words(report, "result"), np.tile(n * (n + 1) // 2, 3))


def test_waves_at_different_barriers_of_a_loop_wait_for_each_other() -> None:
    """A value handed from wave to wave round a ring, one step per barrier."""
    body = (
        "s_load_b64 s[2:3], s[0:1], 0x0"
        + LANE_OFFSET
        + """
        v_mov_b32_e32 v5, v1
        s_mov_b32 s6, 0
    .LBB0_1:
        ds_store_b32 v2, v5
        s_barrier
        v_add_nc_u32_e32 v3, 0x80, v2
        v_and_b32_e32 v3, 0x1ff, v3
        ds_load_b32 v5, v3
        s_barrier
        s_add_i32 s6, s6, 1
        s_cmp_lt_u32 s6, 3
        s_cbranch_scc1 .LBB0_1
        global_store_b32 v2, v5, s[2:3]
    """
    )
    report = execute(body, {"result": 512}, block=(128, 1, 1), lds=512)
    assert np.array_equal(words(report, "result"), (np.arange(128) + 96) % 128)


def test_costs_of_a_copy() -> None:
    body = (
        "s_load_b128 s[4:7], s[0:1], 0x0"
        + LANE_OFFSET
        + "v_cmpx_gt_u32_e32 16, v1\nglobal_load_b32 v3, v2, s[4:5]\nglobal_store_b32 v2, v3, s[6:7]"
    )
    source = np.arange(16, dtype=np.uint32)
    report = execute(body, {"result": 64}, {"source": source}, grid=(1, 1, 1))
    assert np.array_equal(words(report, "result"), source)
    cost = report.cost
    assert cost["instructions"] == {"branch": 1, "global": 2, "smem": 1, "valu": 3}
    assert (cost["global_bytes_loaded"], cost["global_bytes_stored"]) == (64, 64)
    assert (cost["global_lines_64"], cost["global_lines_128"]) == (2, 2)
    assert cost["valu_lane_utilisation"] == 1.0
    assert cost["mnemonics"]["global_load_b32"] == 1


@pytest.mark.parametrize(("stride", "conflicts"), [(1, 0), (2, 1), (32, 31), (33, 0), (0, 0)])
def test_bank_conflicts(stride: int, conflicts: int) -> None:
    body = LANE_OFFSET + f"v_mul_u32_u24_e32 v3, {hex(4 * stride)}, v1\nds_store_b32 v3, v4"
    assert execute(body, {"result": 4}, lds=8192).cost["lds_bank_conflicts"] == conflicts


def test_approximations_are_named() -> None:
    report = execute("v_rcp_f32_e32 v1, v2\nv_add_f32_e32 v1, v1, v1", {"result": 4})
    assert [line.split(":")[0] for line in report.approximations] == ["v_rcp_f32"]
