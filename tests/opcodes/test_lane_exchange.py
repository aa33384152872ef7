"""Operations that move data between lanes, checked lane by lane with some lanes switched off."""

import itertools

import numpy as np
import pytest

from tests.opcodes.cases import ARCHS
from tests.opcodes.kernels import WAVE, pair, set_exec
from tests.opcodes.snippet import RESULT, Snippet, Words, random_words

THREADS = 128
ACTIVE = 0xB7D5A39F6C0FF3C6
TESTED = (
    *("ds_bpermute_b32", "ds_permute_b32", "ds_swizzle_b32", "v_readfirstlane_b32", "v_readlane_b32"),
    *("v_writelane_b32", "v_permlane16_b32", "v_permlanex16_b32", "v_permlane64_b32"),
)


def active(lane: int) -> bool:
    return bool(ACTIVE >> lane & 1)


def _masked(arch: str, *lines: str) -> list[str]:
    """The lines with EXEC = ACTIVE; v40 holds the third input word before, which inactive lanes must keep."""
    start = [f"s_mov_b32 s30, {ACTIVE & 0xFFFFFFFF:#x}", f"s_mov_b32 s31, {ACTIVE >> 32:#x}"]
    return [f"v_mov_b32_e32 v{RESULT}, v4", *start, set_exec(arch, pair(arch, 30)), *lines, set_exec(arch, "-1")]


def three_words() -> Words:
    return random_words(THREADS, 3)


def run_masked(arch: str, *lines: str, inputs: Words | None = None) -> Words:
    return Snippet(arch, _masked(arch, *lines), three_words() if inputs is None else inputs).run()[:, 0]


def expected_words(arch: str, inputs: Words, value: object) -> Words:
    """`value(wave inputs, lane)` for active lanes, the third input word for others."""
    wave, rows = WAVE[arch], []
    for first in range(0, THREADS, wave):
        block = inputs[first : first + wave]
        for lane in range(wave):
            rows.append(value(block, lane) if active(lane) else block[lane, 2])  # type: ignore[operator]
    return np.array(rows, np.uint32)


_WAIT = "s_waitcnt lgkmcnt(0)"


@pytest.mark.parametrize("arch", ARCHS)
def test_bpermute_takes_the_lane_number_modulo_the_wave_and_zero_from_inactive_lanes(arch: str) -> None:
    inputs, wave = three_words(), WAVE[arch]
    got = run_masked(arch, f"ds_bpermute_b32 v{RESULT}, v2, v3 offset:20", _WAIT)

    def value(block: Words, lane: int) -> int:
        source = (int(block[lane, 0]) + 20 & 0xFFFFFFFF) // 4 % wave
        return int(block[source, 1]) if active(source) else 0

    np.testing.assert_array_equal(got, expected_words(arch, inputs, value))


@pytest.mark.parametrize("arch", ARCHS)
def test_bpermute_may_overwrite_its_own_sources(arch: str) -> None:
    inputs, wave = three_words(), WAVE[arch]
    got = Snippet(arch, ["ds_bpermute_b32 v3, v2, v3", _WAIT, f"v_mov_b32_e32 v{RESULT}, v3"], inputs).run()[:, 0]
    lanes = inputs[:, 0] // 4 % wave + np.arange(THREADS) // wave * wave
    np.testing.assert_array_equal(got, inputs[lanes, 1])


@pytest.mark.parametrize("arch", ARCHS)
def test_permute_sends_to_a_lane(arch: str) -> None:
    wave = WAVE[arch]
    inputs = three_words()
    targets = np.concatenate([np.random.default_rng(5).permutation(wave) for _ in range(THREADS // wave)])
    inputs[:, 0] = targets * 4
    got = run_masked(arch, f"ds_permute_b32 v{RESULT}, v2, v3", _WAIT, inputs=inputs)

    def value(block: Words, lane: int) -> int:
        senders = [i for i in range(wave) if active(i) and block[i, 0] // 4 % wave == lane]
        return int(block[senders[-1], 1]) if senders else 0

    np.testing.assert_array_equal(got, expected_words(arch, inputs, value))


_SWIZZLES = {
    "offset:swizzle(QUAD_PERM,1,0,3,2)": lambda i: i ^ 1,
    "offset:swizzle(QUAD_PERM,3,3,0,1)": lambda i: i & ~3 | (3, 3, 0, 1)[i & 3],
    "offset:swizzle(SWAP,16)": lambda i: i ^ 16,
    "offset:swizzle(REVERSE,8)": lambda i: i ^ 7,
    "offset:swizzle(BROADCAST,8,3)": lambda i: i & ~7 | 3,
    'offset:swizzle(BITMASK_PERM,"01pip")': lambda i: i & ~31 | (i & 7 | 8) ^ 2,
    "offset:0x1a43": lambda i: i & ~31 | ((i & 3 | 0x12) ^ 6),
}


@pytest.mark.parametrize(("arch", "control"), itertools.product(ARCHS, _SWIZZLES))
def test_swizzle(arch: str, control: str) -> None:
    got = run_masked(arch, f"ds_swizzle_b32 v{RESULT}, v3 {control}", _WAIT)

    def value(block: Words, lane: int) -> int:
        source = _SWIZZLES[control](lane)
        return int(block[source, 1]) if active(source) else 0

    np.testing.assert_array_equal(got, expected_words(arch, three_words(), value))


@pytest.mark.parametrize("arch", ARCHS)
def test_readfirstlane_takes_the_firstactive_lane_and_lane_0_without_any(arch: str) -> None:
    masked = run_masked(arch, "v_readfirstlane_b32 s20, v3", f"v_mov_b32_e32 v{RESULT}, s20")
    first = (ACTIVE & -ACTIVE).bit_length() - 1
    np.testing.assert_array_equal(masked, expected_words(arch, three_words(), lambda block, lane: block[first, 1]))
    none = [set_exec(arch, "0"), "v_readfirstlane_b32 s20, v3", set_exec(arch, "-1"), f"v_mov_b32_e32 v{RESULT}, s20"]
    got = Snippet(arch, none, three_words()).run()[:, 0]
    np.testing.assert_array_equal(got, np.repeat(three_words()[:: WAVE[arch], 1], WAVE[arch]))


@pytest.mark.parametrize("arch", ARCHS)
def test_readlane_and_writelane_ignore_exec(arch: str) -> None:
    inactive = next(i for i in range(32) if not active(i))
    read = ["s_mov_b32 s21, 5", f"v_readlane_b32 s20, v3, {inactive}", "v_readlane_b32 s22, v3, s21"]
    got = run_masked(arch, *read, "s_xor_b32 s20, s20, s22", f"v_mov_b32_e32 v{RESULT}, s20")
    np.testing.assert_array_equal(
        got, expected_words(arch, three_words(), lambda block, lane: block[inactive, 1] ^ block[5, 1])
    )
    write = ["s_movk_i32 s20, 0x1234", f"v_writelane_b32 v{RESULT}, s20, {inactive}"]
    wanted = expected_words(arch, three_words(), lambda block, lane: block[lane, 2])
    wanted[inactive :: WAVE[arch]] = 0x1234
    np.testing.assert_array_equal(run_masked(arch, *write), wanted)


_SELECT = 0x0F1E2D3C_4B5A6978


@pytest.mark.parametrize("arch", ARCHS[1:])
@pytest.mark.parametrize(("name", "other"), [("v_permlane16_b32", 0), ("v_permlanex16_b32", 16)])
@pytest.mark.parametrize(("fetch_inactive", "bound"), [(0, 0), (0, 1), (1, 0)])
def test_permlane(arch: str, name: str, other: int, fetch_inactive: int, bound: int) -> None:
    modifier = f" op_sel:[{fetch_inactive},{bound}]" if fetch_inactive or bound else ""
    setup = [f"s_mov_b32 s20, {_SELECT & 0xFFFFFFFF:#x}", f"s_mov_b32 s21, {_SELECT >> 32:#x}"]
    got = run_masked(arch, *setup, f"{name} v{RESULT}, v3, s20, s21{modifier}")

    def value(block: Words, lane: int) -> int:
        source = (lane & 16 ^ other) | (_SELECT >> 4 * (lane & 15) & 15)
        if active(source) or fetch_inactive:
            return int(block[source, 1])
        return 0 if bound else int(block[lane, 2])

    np.testing.assert_array_equal(got, expected_words(arch, three_words(), value))


def test_permlane64_on_a_wave_of_32_is_a_move() -> None:
    got = run_masked("gfx1100", f"v_permlane64_b32 v{RESULT}, v3")
    np.testing.assert_array_equal(got, expected_words("gfx1100", three_words(), lambda block, lane: block[lane, 1]))
