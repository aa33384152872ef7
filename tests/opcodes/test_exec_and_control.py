"""Branches, EXEC masks, comparisons into EXEC, paired instructions, indexed registers and register overlaps."""

import numpy as np
import pytest

from tests.opcodes.cases import ARCHS
from tests.opcodes.kernels import WAVE, pair, set_exec
from tests.opcodes.snippet import RESULT, Snippet, Words, random_words
from tests.opcodes.table_compare import RELATIONS
from tracker.emulator import EmulationFault

TESTED = (
    *("s_branch", "s_cbranch_scc0", "s_cbranch_scc1", "s_cbranch_vccz", "s_cbranch_vccnz", "s_cbranch_execz"),
    *("s_cbranch_execnz", "s_barrier", "s_endpgm", "s_set_gpr_idx_on", "s_set_gpr_idx_off"),
    *("v_movrels_b32", "v_movreld_b32", "v_movrelsd_b32", "s_set_gpr_idx_idx", "s_getpc_b64", "v_swap_b32"),
)


def _exec(arch: str) -> str:
    return "exec" if WAVE[arch] == 64 else "exec_lo"


def _vcc(arch: str) -> str:
    return "vcc" if WAVE[arch] == 64 else "vcc_lo"


_TAKEN = {
    "s_cbranch_scc1": "s_cmp_eq_u32 s20, {}",
    "s_cbranch_scc0": "s_cmp_lg_u32 s20, {}",
}


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize(("name", "test"), list(_TAKEN.items()))
def test_waves_branch_on_scc_each_on_its_own(arch: str, name: str, test: str) -> None:
    """The wave that holds thread 64 takes the branch, others do not."""
    words = np.zeros((192, 1), np.uint32)
    words[64:128] = 5
    lines = [
        "v_readfirstlane_b32 s20, v2",
        test.format(5),
        f"v_mov_b32_e32 v{RESULT}, 1",
        f"{name} .Ltaken",
        f"v_mov_b32_e32 v{RESULT}, 2",
        ".Ltaken:",
    ]
    got = Snippet(arch, lines, words).run()[:, 0]
    np.testing.assert_array_equal(got, np.where(words[:, 0] == 5, 1, 2))


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize(("name", "when"), [("z", 0), ("nz", 1)])
@pytest.mark.parametrize("register", ["vcc", "exec"])
def test_waves_branch_on_masks(arch: str, name: str, when: int, register: str) -> None:
    words = np.zeros((192, 1), np.uint32)
    words[70] = words[130] = 1
    compare = f"v_cmp_eq_u32_e64 {pair(arch, 20)}, 1, v2"
    move = f"s_mov_b{WAVE[arch]} {_vcc(arch) if register == 'vcc' else _exec(arch)}, {pair(arch, 20)}"
    lines = [
        compare,
        "s_mov_b32 s24, 1",
        move,
        f"s_cbranch_{register}{name} .Ltaken",
        "s_mov_b32 s24, 2",
        ".Ltaken:",
        set_exec(arch, "-1"),
        f"v_mov_b32_e32 v{RESULT}, s24",
    ]
    got = Snippet(arch, lines, words).run()[:, 0]
    wave = WAVE[arch]
    some = np.repeat([words[i : i + wave].any() for i in range(0, 192, wave)], wave)
    np.testing.assert_array_equal(got, np.where(some == when, 1, 2))


@pytest.mark.parametrize("arch", ARCHS)
def test_lanes_leave_a_loop_one_after_another(arch: str) -> None:
    """Collatz steps, with a vcc branch back."""
    words = (np.arange(128, dtype=np.uint32)[:, None] * 7 + 1).astype(np.uint32)
    plus = "v_add_u32_e32" if arch == "gfx90a" else "v_add_nc_u32_e32"
    lines = [
        f"v_mov_b32_e32 v{RESULT}, 0",
        f"s_mov_b{WAVE[arch]} {pair(arch, 24)}, {_exec(arch)}",
        f"v_cmp_ne_u32_e32 {_vcc(arch)}, 1, v2",
        f"s_and_saveexec_b{WAVE[arch]} {pair(arch, 22)}, {_vcc(arch)}",
        "s_cbranch_execz .Lout",
        ".Lagain:",
        "v_lshrrev_b32_e32 v10, 1, v2",
        "v_mul_lo_u32 v11, v2, 3",
        f"{plus} v11, 1, v11",
        "v_and_b32_e32 v12, 1, v2",
        f"v_cmp_eq_u32_e64 {pair(arch, 20)}, 1, v12",
        f"v_cndmask_b32_e64 v2, v10, v11, {pair(arch, 20)}",
        f"{plus} v{RESULT}, 1, v{RESULT}",
        f"v_cmp_ne_u32_e32 {_vcc(arch)}, 1, v2",
        f"s_and_b{WAVE[arch]} {_exec(arch)}, {_exec(arch)}, {_vcc(arch)}",
        "s_cbranch_execnz .Lagain",
        ".Lout:",
        f"s_mov_b{WAVE[arch]} {_exec(arch)}, {pair(arch, 24)}",
    ]
    got = Snippet(arch, lines, words).run()[:, 0]
    np.testing.assert_array_equal(got, [_collatz(int(x)) for x in words[:, 0]])


def _collatz(x: int) -> int:
    steps = 0
    while x != 1:
        x, steps = (3 * x + 1 if x & 1 else x // 2), steps + 1
    return steps


def _barrier_lines(arch: str, *first: str) -> list[str]:
    """Only the first wave writes LDS, then all read it."""
    new, wave = arch == "gfx1100", WAVE[arch]
    return [
        "v_readfirstlane_b32 s20, v0",
        *first,
        "s_cmp_lg_u32 s20, 0",
        "s_cbranch_scc1 .Lwait",
        "v_lshlrev_b32_e32 v10, 2, v0",
        f"{'ds_store_b32' if new else 'ds_write_b32'} v10, v2",
        "s_waitcnt lgkmcnt(0)",
        ".Lwait:",
        "s_barrier",
        f"v_and_b32_e32 v10, {wave - 1}, v0",
        "v_lshlrev_b32_e32 v10, 2, v10",
        f"{'ds_load_b32' if new else 'ds_read_b32'} v{RESULT}, v10",
        "s_waitcnt lgkmcnt(0)",
        "s_branch .Lstore",
        ".Lend:",
        "s_endpgm",
        ".Lstore:",
    ]


@pytest.mark.parametrize("arch", ARCHS)
def test_a_barrier_waits_for_the_slowest_wave(arch: str) -> None:
    words = random_words(192, 1)
    got = Snippet(arch, _barrier_lines(arch), words, group=192, lds=4 * WAVE[arch]).run()[:, 0]
    np.testing.assert_array_equal(got, words[np.arange(192) % WAVE[arch], 0])


@pytest.mark.parametrize("arch", ARCHS)
def test_a_wave_that_ends_before_a_barrier_of_the_others_is_reported(arch: str) -> None:
    leave = [f"s_cmp_eq_u32 s20, {192 - WAVE[arch]}", "s_cbranch_scc1 .Lend"]
    with pytest.raises(EmulationFault, match="barrier divergence"):
        Snippet(arch, _barrier_lines(arch, *leave), random_words(192, 1), group=192, lds=4 * WAVE[arch]).run()


_COMPARED = [(kind, name) for kind, names in RELATIONS.items() for name in names]


def _compared_inputs() -> Words:
    words = random_words(64, 4, 21)
    words[::2, 2:4] = words[::2, 0:2]
    words[::4, 2] ^= 1
    words[1::8] = np.array([0x7E007E00, 0x7FF80000, 0x7FC00000, 0x7FF80000], np.uint32)
    return words


@pytest.mark.parametrize("arch", ARCHS)
def test_every_v_cmpx_narrows_exec_to_what_v_cmp_says(arch: str) -> None:
    lines = [f"v_mov_b32_e32 v{RESULT + i}, 0" for i in range(5)]
    for number, (kind, name) in enumerate(_COMPARED):
        lines += _compare_both(arch, kind, name, RESULT + number // 32, 1 << number % 32)
    got = Snippet(arch, lines, _compared_inputs(), 5).run()
    bad = [f"{n}_{k}" for i, (k, n) in enumerate(_COMPARED) if (got[:, i // 32] >> i % 32 & 1).any()]
    assert bad == []


def _compare_both(arch: str, kind: str, name: str, result: int, bit: int) -> list[str]:
    """Set `bit` of `result` in lanes where v_cmpx and v_cmp (with some lanes off) disagree."""
    size = int(kind[1:])
    a, b = ("v[2:3]", "v[4:5]") if size == 64 else ("v2", "v4")
    if size == 16 and arch == "gfx1100":
        a, b = "v2.l", "v4.l"
    width, mask = WAVE[arch], pair(arch, 30)
    compare = f"v_cmp_{name}_{kind}_e64 {pair(arch, 20)}, {a}, {b}"
    narrow = f"v_cmpx_{name}_{kind}_e64 {a}, {b}"
    if arch == "gfx90a":
        narrow = f"v_cmpx_{name}_{kind}_e64 {pair(arch, 22)}, {a}, {b}"
    return [
        "s_mov_b32 s30, 0x6f0f00ff",
        "s_mov_b32 s31, 0x33330f01",
        set_exec(arch, mask),
        compare,
        narrow,
        f"s_mov_b{width} {pair(arch, 24)}, {_exec(arch)}",
        *([] if arch != "gfx90a" else ["s_xor_b64 s[22:23], s[22:23], s[24:25]"]),
        set_exec(arch, "-1"),
        f"s_xor_b{width} {pair(arch, 20)}, {pair(arch, 20)}, {pair(arch, 24)}",
        *([] if arch != "gfx90a" else ["s_or_b64 s[20:21], s[20:21], s[22:23]"]),
        f"s_mov_b{width} {_exec(arch)}, {pair(arch, 20)}",
        f"v_or_b32_e32 v{result}, {bit:#x}, v{result}",
        set_exec(arch, "-1"),
    ]


def test_both_halves_of_a_pair_read_before_either_writes() -> None:
    words = random_words(64, 4)
    swap = ["v_dual_mov_b32 v2, v3 :: v_dual_mov_b32 v3, v2"]
    chain = ["v_dual_mov_b32 v4, v5 :: v_dual_add_nc_u32 v5, v4, v5"]
    vcc = ["v_cmp_lt_u32_e32 vcc_lo, v2, v3", "v_dual_cndmask_b32 v6, v2, v3 :: v_dual_and_b32 v7, 0xff00, v2"]
    moves = [f"v_mov_b32_e32 v{RESULT + i}, v{2 + i}" for i in range(6)]
    got = Snippet("gfx1100", [*vcc, *swap, *chain, *moves], words, 6).run()
    a, b, c, d = words.T
    wanted = np.stack([b, a, d, c + d, np.where(a < b, b, a), a & np.uint32(0xFF00)], axis=1)
    np.testing.assert_array_equal(got, wanted)


def test_a_paired_fmac_accumulates_the_old_destination() -> None:
    words = np.random.default_rng(3).standard_normal((64, 4)).astype(np.float32)
    pairs = ["v_dual_fmac_f32 v2, v3, v4 :: v_dual_fmac_f32 v5, v2, v3"]
    moves = [f"v_mov_b32_e32 v{RESULT + i}, v{2 + 3 * i}" for i in range(2)]
    got = Snippet("gfx1100", [*pairs, *moves], words.view(np.uint32), 2).run().view(np.float32)
    a, b, c, d = words.T.astype(np.float64)
    wanted = np.stack([b * c + a, a * b + d], axis=1)
    np.testing.assert_allclose(got, wanted, rtol=2.0**-23, atol=2.0**-30)


@pytest.mark.parametrize("arch", ARCHS)
def test_a_carry_may_overwrite_the_scalar_source(arch: str) -> None:
    """`v_add_co_u32 v, s20, s20, v`: the mask replaces the very register that is added."""
    sdst = pair(arch, 20)
    lines = [
        "s_mov_b32 s20, 0x90000000",
        "s_mov_b32 s21, 0",
        f"v_add_co_u32{'_e64' if arch == 'gfx90a' else ''} v{RESULT}, {sdst}, s20, v2",
        f"v_mov_b32_e32 v{RESULT + 1}, s20",
    ]
    words = random_words(64, 1)
    got = Snippet(arch, lines, words, 2).run()
    total = words[:, 0].astype(np.uint64) + 0x90000000
    np.testing.assert_array_equal(got[:, 0], total.astype(np.uint32))
    bits = [sum(int(total[first + i] >> 32) << i for i in range(32)) for first in range(0, 64, WAVE[arch])]
    np.testing.assert_array_equal(got[:: WAVE[arch], 1], bits)


@pytest.mark.parametrize("arch", ARCHS)
def test_constants_keep_their_bits_in_every_kind_of_operand(arch: str) -> None:
    """Inline floats are bit patterns of the operand's type, integers are sign extended, literals stay 32 bits."""
    texts = {
        "v_and_or_b32 v{r}, v2, 0.5, 0": lambda a: a & 0x3F000000,
        "v_add_f32_e32 v{r}, -4.0, v3": lambda a: None,
        "v_xor_b32_e32 v{r}, -16, v2": lambda a: a ^ 0xFFFFFFF0,
        "v_xor_b32_e32 v{r}, 0xdeadbeef, v2": lambda a: a ^ 0xDEADBEEF,
        "v_bfrev_b32_e32 v{r}, 0.5": lambda a: 0xFC,
    }
    lines = [text.replace("{r}", str(RESULT + i)) for i, text in enumerate(texts)]
    words = random_words(64, 2)
    words[:, 1] = np.float32(1.5).view(np.uint32)
    got = Snippet(arch, lines, words, len(texts)).run()
    for i, meaning in enumerate(texts.values()):
        wanted = [meaning(int(a)) for a in words[:, 0]]
        if wanted[0] is None:
            wanted = [int(np.float32(-2.5).view(np.uint32))] * 64
        np.testing.assert_array_equal(got[:, i], np.array(wanted, np.uint32))


@pytest.mark.parametrize("arch", ARCHS)
def test_64_bit_constants_are_sign_extended_or_double(arch: str) -> None:
    lines = [
        "s_mov_b64 s[20:21], -7",
        "v_mov_b32_e32 v10, v2",
        "v_mov_b32_e32 v11, 0",
        "v_mov_b32_e32 v12, 0",
        "v_mov_b32_e32 v13, 0x40080000",
        f"v_add_f64 v[{RESULT}:{RESULT + 1}], v[12:13], 4.0",
        f"v_mov_b32_e32 v{RESULT + 2}, s20",
        f"v_mov_b32_e32 v{RESULT + 3}, s21",
        f"v_mad_u64_u32 v[14:15], {'s[24:25]' if arch == 'gfx90a' else 'null'}, v2, 3, -1",
        f"v_mov_b32_e32 v{RESULT + 4}, v14",
        f"v_mov_b32_e32 v{RESULT + 5}, v15",
    ]
    words = random_words(64, 1)
    got = Snippet(arch, lines, words, 6).run()
    product = words[:, 0].astype(np.uint64) * np.uint64(3) - np.uint64(1)
    assert np.unique(got[:, :4], axis=0).tolist() == [[0, 0x401C0000, 0xFFFFFFF9, 0xFFFFFFFF]]
    np.testing.assert_array_equal(got[:, 4], product.astype(np.uint32))
    np.testing.assert_array_equal(got[:, 5], (product >> np.uint64(32)).astype(np.uint32))


@pytest.mark.parametrize("arch", ARCHS)
def test_a_swap_exchanges_the_active_lanes_of_two_registers(arch: str) -> None:
    words = random_words(128, 2)
    lines = [f"v_cmp_gt_u32_e32 {_vcc(arch)}, v2, v3", f"s_mov_b{WAVE[arch]} {_exec(arch)}, {_vcc(arch)}"]
    lines += ["v_swap_b32 v2, v3", f"s_mov_b{WAVE[arch]} {_exec(arch)}, -1"]
    lines += [f"v_mov_b32_e32 v{RESULT + i}, v{2 + i}" for i in range(2)]
    np.testing.assert_array_equal(Snippet(arch, lines, words, 2).run(), np.sort(words, axis=1))


@pytest.mark.parametrize("arch", ARCHS[1:])
def test_relative_moves_add_m0_to_the_register_number(arch: str) -> None:
    words = random_words(128, 6)
    words[:, 0] = np.arange(128) // WAVE[arch] % 4
    lines = [
        "v_readfirstlane_b32 s20, v2",
        "s_mov_b32 m0, s20",
        f"v_movrels_b32_e32 v{RESULT}, v3",
        f"v_mov_b32_e32 v{RESULT + 1}, 0",
        "v_movreld_b32_e32 v4, v3",
        *(f"v_mov_b32_e32 v{RESULT + 1 + i}, v{4 + i}" for i in range(4)),
        f"v_movrelsd_b32_e32 v{RESULT + 5}, v3",
    ]
    lines[3:4] = [f"v_mov_b32_e32 v{RESULT + 5 + i}, 0" for i in range(4)]
    got = Snippet(arch, lines, words, 9).run()
    index = words[:, 0].astype(int)
    np.testing.assert_array_equal(got[:, 0], words[np.arange(128), 1 + index])
    wanted = words[:, 2:6].copy()
    wanted[np.arange(128)[index < 4], index[index < 4]] = words[index < 4, 1]
    np.testing.assert_array_equal(got[:, 1:5], wanted)
    both = np.zeros((128, 4), np.uint32)
    sources = np.concatenate([words[:, 1:2], wanted], axis=1)
    both[np.arange(128), index] = sources[np.arange(128), index]
    np.testing.assert_array_equal(got[:, 5:9], both)


@pytest.mark.parametrize(("source", "target"), [("SRC0", 0), ("DST", 1), ("SRC0,DST", 2)])
@pytest.mark.parametrize("direct", [True, False])
def test_register_index_mode_of_gfx9(source: str, target: int, direct: bool) -> None:
    words = random_words(128, 6)
    words[:, 0] = np.arange(128) // 64
    lines = [
        "v_readfirstlane_b32 s20, v2",
        "s_mov_b32 s21, 7",
        *(f"v_mov_b32_e32 v{RESULT + i}, 0" for i in range(2)),
        f"s_set_gpr_idx_on s20, gpr_idx({source})" if direct else f"s_set_gpr_idx_on s21, gpr_idx({source})",
        *([] if direct else ["s_set_gpr_idx_idx s20"]),
        f"v_mov_b32_e32 v{RESULT}, v3",
        "s_set_gpr_idx_off",
    ]
    got = Snippet("gfx90a", lines, words, 2).run()
    index = words[:, 0].astype(int)
    wanted = np.zeros((128, 2), np.uint32)
    read = words[np.arange(128), 1 + index] if target != 1 else words[:, 1]
    wanted[np.arange(128), index if target else 0 * index] = read
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("arch", ARCHS)
def test_a_far_jump_goes_through_the_program_counter(arch: str) -> None:
    """LLVM's form of a branch that does not reach its target."""
    lines = [
        f"v_mov_b32_e32 v{RESULT}, 1",
        "s_getpc_b64 s[20:21]",
        ".Lhere:",
        "s_add_u32 s20, s20, (.Lthere-.Lhere)&4294967295",
        "s_addc_u32 s21, s21, (.Lthere-.Lhere)>>32",
        "s_setpc_b64 s[20:21]",
        f"v_mov_b32_e32 v{RESULT}, 2",
        ".Lthere:",
        f"v_add_f32_e32 v{RESULT}, 0, v{RESULT}",
    ]
    assert set(Snippet(arch, lines, random_words(64, 1)).run()[:, 0].tolist()) == {1}
