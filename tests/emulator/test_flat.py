"""Generic pointers: one instruction whose lanes reach global memory, LDS and scratch."""

from pathlib import Path

import numpy as np
import pytest

from tests.emulator import compiled
from tests.emulator.text import LANE_OFFSET, execute
from tracker.emulator import EmulationFault, Memory

SOURCE = """
KERNEL k(int *out, int *in, int n) {
    SHARED int local[64];
    int mine[8];
    int t = __builtin_amdgcn_workitem_id_x();
    for (int i = 0; i < 8; i++) mine[i] = 1000 * t + i;
    local[t] = 100 + t;
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
    __builtin_amdgcn_s_barrier();
    int *place = t % n == 0 ? in + t : t % n == 1 ? local + t : mine + t % 8;
    asm volatile("" : "+v"(place));
    int old = *place;
    *place = old * 2;
    if (t % n != 2) old += 7 * __atomic_fetch_add(place, 5, __ATOMIC_RELAXED);
    out[t] = old;
    out[64 + t] = t % n == 1 ? local[t] : mine[(t + (t % n == 0)) % 8];
}
"""


def _expected() -> list[int]:
    first, second = [], []
    for t in range(64):
        old = (3 * t, 100 + t, 1000 * t + t % 8)[t % 3]
        first.append(old if t % 3 == 2 else old + 14 * old)
        second.append((1000 * t + (t + 1) % 8, 2 * old + 5, 2 * old)[t % 3])
    return first + second


@pytest.mark.parametrize("arch", compiled.ARCHS)
def test_one_access_to_three_kinds_of_memory(arch: str, tmp_path: Path) -> None:
    text = compiled.assembly(SOURCE, arch, tmp_path)
    assert "flat_load" in text and "flat_store" in text and "flat_atomic" in text
    given = Memory("in", np.arange(0, 192, 3, dtype=np.int32).view(np.uint8), "in")
    arguments = [Memory("out", np.zeros(512, np.uint8), "out"), given, (3).to_bytes(4, "little")]
    report = compiled.execute(text, arguments, 64)
    assert report.buffers["out"].view(np.int32).tolist() == _expected()
    changed = report.buffers["in"].view(np.int32).tolist()
    assert changed == [6 * t + 5 if t % 3 == 0 else 3 * t for t in range(64)]


@pytest.mark.parametrize(
    ("base", "what", "lane"),
    [("src_shared_base", "offset 64 of LDS (64 bytes)", 16), ("src_private_base", "offset 8 of scratch (8 bytes", 2)],
)
def test_outside_of_what_the_address_means(base: str, what: str, lane: int) -> None:
    body = f"""
        s_mov_b64 s[4:5], {base}
        v_mov_b32_e32 v3, s5
        flat_store_b32 v[2:3], v1
    """
    with pytest.raises(EmulationFault) as caught:
        execute(LANE_OFFSET + body, {"result": 4}, lds=64, scratch=8)
    assert caught.value.kind == "out of bounds"
    assert what in caught.value.message and f"lane {lane} of wave 0" in caught.value.message
