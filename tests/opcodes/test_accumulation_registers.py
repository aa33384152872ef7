"""gfx90a's accumulation registers: moves to and from them, and memory operations on them. The compiler spills there."""

import numpy as np

from tests.opcodes.kernels import set_exec
from tests.opcodes.snippet import RESULT, Snippet, random_words

TESTED = ("v_accvgpr_write_b32", "v_accvgpr_read_b32", "v_accvgpr_mov_b32")
ACTIVE = 0x9D3C5AF0B7C3A596


def _active(threads: int) -> np.ndarray:
    return np.array([ACTIVE >> i % 64 & 1 for i in range(threads)], bool)


def test_moves_follow_exec() -> None:
    words = random_words(128, 2)
    lines = [
        "v_accvgpr_write_b32 a0, v2",
        "v_accvgpr_write_b32 a1, 7",
        f"s_mov_b32 s30, {ACTIVE & 0xFFFFFFFF:#x}",
        f"s_mov_b32 s31, {ACTIVE >> 32:#x}",
        set_exec("gfx90a", "s[30:31]"),
        "v_accvgpr_write_b32 a0, v3",
        "v_accvgpr_mov_b32 a1, a0",
        set_exec("gfx90a", "-1"),
        f"v_accvgpr_read_b32 v{RESULT}, a0",
        f"v_accvgpr_read_b32 v{RESULT + 1}, a1",
    ]
    got = Snippet("gfx90a", lines, words, 2).run()
    active = _active(128)
    np.testing.assert_array_equal(got[:, 0], np.where(active, words[:, 1], words[:, 0]))
    np.testing.assert_array_equal(got[:, 1], np.where(active, words[:, 1], 7))


def test_memory_operations_name_them_directly() -> None:
    words = random_words(128, 2)
    extra = np.zeros(128 * 8, np.uint8)
    lines = [
        "v_lshlrev_b32_e32 v10, 3, v63",
        "global_load_dwordx2 a[2:3], v10, s[4:5]",
        "s_waitcnt vmcnt(0)",
        "ds_write_b32 v10, a2",
        "global_store_dwordx2 v10, a[2:3], s[8:9]",
        "s_waitcnt lgkmcnt(0)",
        "ds_read_b32 a5, v10",
        "s_waitcnt lgkmcnt(0)",
        f"v_accvgpr_read_b32 v{RESULT}, a5",
        f"v_accvgpr_read_b32 v{RESULT + 1}, a3",
    ]
    snippet = Snippet("gfx90a", lines, words, 2, extra=extra, lds=1024)
    np.testing.assert_array_equal(snippet.run(), words)
    np.testing.assert_array_equal(snippet.extra.view(np.uint32).reshape(128, 2), words)
