"""What kernels do wrong is found and named."""

import numpy as np
import pytest

from tests.emulator.text import LANE_OFFSET, assembly, execute, words
from tracker.emulator import EmulationFault, Memory, load, run

SETUP = "s_load_b64 s[2:3], s[0:1], 0x0" + LANE_OFFSET


def _fault(body: str, outputs: dict[str, int], **options: object) -> EmulationFault:
    with pytest.raises(EmulationFault) as caught:
        execute(SETUP + body, outputs, **options)  # type: ignore[arg-type]
    return caught.value


def test_store_behind_a_buffer() -> None:
    fault = _fault("global_store_b32 v2, v1, s[2:3] offset:4", {"result": 128})
    assert fault.kind == "out of bounds"
    for part in ("offset 128 of buffer result (128 bytes)", "kernel k", "kernel.hip:7", "lane 31 of wave 0"):
        assert part in fault.message
    assert "workgroup (0, 0, 0)" in fault.message and "'global_store_b32 v2, v1, s[2:3] offset:4'" in fault.message


def test_load_before_a_buffer() -> None:
    fault = _fault("global_load_b32 v3, v2, s[2:3] offset:-4", {"result": 128})
    assert fault.kind == "out of bounds" and "offset -4 of buffer result" in fault.message


def test_inactive_lanes_may_hold_any_address() -> None:
    body = "v_cmpx_gt_u32_e32 4, v1\nglobal_store_b32 v2, v1, s[2:3]"
    assert list(words(execute(SETUP + body, {"result": 16}), "result")) == [0, 1, 2, 3]


def test_a_buffer_that_starts_behind_a_boundary() -> None:
    memories = [Memory("result", np.zeros(128, np.uint8), "out", skew=skew) for skew in (0, 4)]
    body = "v_mov_b32_e32 v3, s2\nglobal_store_b32 v2, v3, s[2:3]"
    for memory in memories:
        report = run(load(assembly(SETUP + body, ["result"])), "k", (1, 1, 1), (32, 1, 1), [memory])
        assert set(words(report, "result") % 256) == {memory.skew}
    behind = assembly(SETUP + "global_store_b32 v2, v1, s[2:3] offset:4", ["result"])
    with pytest.raises(EmulationFault, match="offset 128 of buffer result"):
        run(load(behind), "k", (1, 1, 1), (32, 1, 1), [memories[1]])


def test_lds_outside() -> None:
    fault = _fault("ds_store_b32 v2, v1 offset:4", {"result": 128}, lds=128)
    assert fault.kind == "out of bounds" and "offset 128 of LDS (128 bytes)" in fault.message


def test_scratch_outside() -> None:
    fault = _fault("scratch_store_b64 off, v[1:2], off offset:12", {"result": 128}, scratch=16)
    assert fault.kind == "out of bounds" and "offset 12 of scratch" in fault.message


@pytest.mark.parametrize(
    ("load", "what"),
    [
        ("ds_load_b32 v3, v2", "LDS"),
        ("scratch_load_b32 v3, off, off offset:4", "offset 4 of scratch"),
        ("global_load_b32 v3, v2, s[2:3]", "offset 0 of buffer result"),
    ],
)
def test_unwritten_bytes_that_reach_an_output(load: str, what: str) -> None:
    fault = _fault(f"{load}\nglobal_store_b32 v2, v3, s[2:3]", {"result": 128}, lds=128, scratch=8)
    assert fault.kind == "uninitialised read"
    for part in (what, "kernel k", repr(load), "kernel.hip:7", "lane 0 of wave 0"):
        assert part in fault.message


def test_unwritten_bytes_that_reach_no_output_do_not_matter() -> None:
    body = "ds_load_b32 v3, v2\nv_mul_lo_u32 v3, v3, 0\nglobal_store_b32 v2, v3, s[2:3]"
    assert not words(execute(SETUP + body, {"result": 128}, lds=128), "result").any()


RACE = "v_and_b32_e32 v4, 0x7c, v2\n{prepare}\nds_store_b32 v4, {value}\n{barrier}ds_load_b32 v5, v4"


def test_two_waves_store_different_values() -> None:
    body = RACE.format(prepare="", value="v1", barrier="s_barrier\n")
    fault = _fault(body, {"result": 4}, lds=128, block=(64, 1, 1))
    assert fault.kind == "race"
    for part in ("byte 0 of LDS", "wave 1", "'ds_store_b32 v4, v1'", "kernel k", "kernel.hip:7", "lane 0 of wave 0"):
        assert part in fault.message


def test_two_waves_store_the_same_value() -> None:
    execute(
        SETUP + RACE.format(prepare="v_mov_b32_e32 v6, 1", value="v6", barrier="s_barrier\n"),
        {"result": 4},
        lds=128,
        block=(64, 1, 1),
    )


def test_read_of_another_waves_word_without_a_barrier() -> None:
    body = "ds_store_b32 v2, v1\n{}v_xor_b32_e32 v3, 0x80, v2\nds_load_b32 v3, v3\nglobal_store_b32 v2, v3, s[2:3]"
    fault = _fault(body.format(""), {"result": 256}, lds=256, block=(64, 1, 1))
    assert fault.kind in ("race", "uninitialised read")
    report = execute(SETUP + body.format("s_barrier\n"), {"result": 256}, lds=256, block=(64, 1, 1))
    assert np.array_equal(words(report, "result"), np.arange(64) ^ 32)


def test_missing_barrier_before_overwriting() -> None:
    body = """
        ds_store_b32 v2, v1
        s_barrier
        v_xor_b32_e32 v3, 0x80, v2
        ds_load_b32 v4, v3
        ds_store_b32 v2, v4
    """
    assert _fault(body, {"result": 4}, lds=256, block=(64, 1, 1)).kind == "race"


GROUP = "s_mov_b32 s6, s14\nv_mov_b32_e32 v6, s6\nv_mov_b32_e32 v7, 0"
"""v6 = the workgroup's number, v7 = 0."""


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("v_mov_b32_e32 v3, 9", "global_store_b32 v2, v6, s[2:3]"),
        ("global_store_b32 v2, v7, s[2:3]", "global_store_b32 v2, v6, s[2:3]"),
        ("global_store_b16 v2, v7, s[2:3]", "global_store_b16 v2, v6, s[2:3]"),
        ("global_store_b32 v2, v7, s[2:3]", "global_load_b32 v3, v2, s[2:3]"),
        ("global_store_b32 v2, v7, s[2:3]", "global_atomic_add_u32 v2, v6, s[2:3]"),
    ],
    ids=["store", "store over", "half words", "load", "atomic"],
)
def test_workgroups_that_meet_in_global_memory(first: str, then: str) -> None:
    """Emulated workgroups go in step; on hardware the one may be done before the other begins."""
    fault = _fault(f"{GROUP}\n{first}\n{then}", {"result": 128}, grid=(2, 1, 1))
    assert fault.kind == "race"
    for part in ("offset 0 of buffer result", "another wave writes", "kernel k", "lane 0 of wave 0"):
        assert part in fault.message


def test_what_is_no_race_in_global_memory() -> None:
    same = f"{GROUP}\nglobal_store_b32 v2, v7, s[2:3]\nglobal_load_b32 v3, v2, s[2:3]"
    assert not words(execute(SETUP + same, {"result": 128}), "result").any()
    equal = f"{GROUP}\nglobal_store_b32 v2, v7, s[2:3]\nglobal_store_b32 v2, v7, s[2:3]"
    assert not words(execute(SETUP + equal, {"result": 128}, grid=(3, 1, 1)), "result").any()
    behind_atomics = f"{GROUP}\nglobal_atomic_or_b32 v2, v6, s[4:5]\nglobal_store_b32 v2, v6, s[2:3]"
    two = "s_load_b64 s[4:5], s[0:1], 0x0\ns_load_b64 s[2:3], s[0:1], 0x8"
    inputs = {"turn": np.zeros(32, np.uint32)}
    execute(two + LANE_OFFSET + behind_atomics, {"result": 128}, inputs, grid=(2, 1, 1))


def test_a_barrier_orders_a_workgroups_global_accesses() -> None:
    body = "global_store_b32 v2, v1, s[2:3]\n{}v_xor_b32_e32 v3, 0x80, v2\nglobal_load_b32 v4, v3, s[2:3]"
    assert _fault(body.format(""), {"result": 256}, block=(64, 1, 1)).kind == "race"
    back = "\ns_barrier\nglobal_store_b32 v2, v4, s[2:3]"
    report = execute(SETUP + body.format("s_barrier\n") + back, {"result": 256}, block=(64, 1, 1))
    assert np.array_equal(words(report, "result"), np.arange(64) ^ 32)


def test_lanes_missing_at_a_barrier() -> None:
    fault = _fault("v_cmpx_gt_u32_e32 5, v1\ns_barrier", {"result": 4})
    assert fault.kind == "barrier divergence"
    for part in ("lane 5 of wave 0", "'s_barrier'", "kernel k", "kernel.hip:7"):
        assert part in fault.message


def test_wave_that_misses_a_barrier() -> None:
    body = "v_cmpx_gt_u32_e32 32, v1\ns_cbranch_execz .LBB0_1\ns_barrier\n.LBB0_1:"
    assert _fault(body, {"result": 4}, block=(64, 1, 1)).kind == "barrier divergence"


def test_endless_loop() -> None:
    fault = _fault(".LBB0_1:\ns_branch .LBB0_1", {"result": 4}, step_limit=1000)
    assert fault.kind == "step limit"
    for part in ("more than 1000 instructions", "kernel k", "'s_branch .LBB0_1'", "kernel.hip:7"):
        assert part in fault.message
