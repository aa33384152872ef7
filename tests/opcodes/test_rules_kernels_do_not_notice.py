"""Rules that no quantized kernel's result depends on: only these tests pin them."""

import numpy as np
import pytest

from tests.opcodes.cases import ARCHS
from tests.opcodes.kernels import WAVE, pair, set_exec
from tests.opcodes.snippet import RESULT, Snippet, Words


def _run(arch: str, lines: list[str], *columns: list[int]) -> Words:
    """Results of 64 threads that all have the same input words, except where a column lists several."""
    rows = [[column[i % len(column)] for column in columns] for i in range(64)]
    return Snippet(arch, lines, np.array(rows, np.uint32)).run()[:, 0]


def _half(arch: str, register: int) -> str:
    return f"v{register}.l" if arch == "gfx1100" else f"v{register}"


def _name(arch: str, gfx9: str, newer: str) -> str:
    return gfx9 if arch == "gfx90a" else newer


@pytest.mark.parametrize("arch", ARCHS)
def test_clamp_saturates_a_signed_16_bit_sum(arch: str) -> None:
    text = f"{_name(arch, 'v_add_i16', 'v_add_nc_i16')} {_half(arch, RESULT)}, {_half(arch, 2)}, {_half(arch, 3)}"
    got = _run(arch, [f"{text} clamp"], [0x7FFF, 0x8000, 5], [1, 0xFFFF, 0xFFF9])
    assert (got[:3] & 0xFFFF).tolist() == [0x7FFF, 0x8000, 0xFFFE]
    wrapped = _run(arch, [text], [0x7FFF, 0x8000, 5], [1, 0xFFFF, 0xFFF9])
    assert (wrapped[:3] & 0xFFFF).tolist() == [0x8000, 0x7FFF, 0xFFFE]


_FUSED = (0x3F800001, 0x3F800001, 0xBF800002)
"""(1 + 2^-23)^2 - (1 + 2^-22) is 2^-46 when the product is not rounded, else 0."""


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("name", ["v_fma_f32", "v_fmac_f32", "v_fma_mix_f32"])
def test_a_fused_multiply_add_rounds_once(arch: str, name: str) -> None:
    a, b, c = ([x] for x in _FUSED)
    text = f"v_fmac_f32 v{RESULT}, v2, v3" if name == "v_fmac_f32" else f"{name} v{RESULT}, v2, v3, v4"
    got = _run(arch, [f"v_mov_b32_e32 v{RESULT}, v4", text], a, b, c)
    assert got.view(np.float32)[0] == 2.0**-46


def test_a_packed_fused_multiply_add_rounds_once() -> None:
    lines = ["v_mov_b32_e32 v10, v2", "v_mov_b32_e32 v11, v2", "v_mov_b32_e32 v12, v4", "v_mov_b32_e32 v13, v4"]
    lines += ["v_pk_fma_f32 v[14:15], v[10:11], v[10:11], v[12:13]", f"v_mov_b32_e32 v{RESULT}, v15"]
    got = _run("gfx90a", lines, *([x] for x in _FUSED))
    assert got.view(np.float32)[0] == 2.0**-46


@pytest.mark.parametrize(("arch", "wanted"), [("gfx90a", 0x00000005), ("gfx1030", 0xABCD0005), ("gfx1100", 0xABCD0005)])
@pytest.mark.parametrize("old", ["v_add_u16", "v_lshlrev_b16", "v_cvt_f16_u16"])
def test_a_16_bit_result_zeroes_the_other_half_on_gfx9_and_keeps_it_later(arch: str, wanted: int, old: str) -> None:
    operands = f"{_half(arch, RESULT)}, {_half(arch, 2)}, {_half(arch, 3)}"
    lines = [f"v_mov_b32_e32 v{RESULT}, v4"]
    if old == "v_add_u16":
        got = _run(arch, [*lines, f"{_name(arch, old, 'v_add_nc_u16')} {operands}"], [2], [3], [0xABCD1234])
    elif old == "v_lshlrev_b16":
        got = _run(arch, [*lines, f"{old} {operands}"], [0], [5], [0xABCD1234])
    else:
        got = _run(arch, [*lines, f"{old} {_half(arch, RESULT)}, {_half(arch, 2)}"], [2], [3], [0xABCD1234])
        wanted = wanted & 0xFFFF0000 | 0x4000
    assert got[0] == wanted


def test_gfx1100_writes_the_high_half_and_keeps_the_low_one() -> None:
    lines = [f"v_mov_b32_e32 v{RESULT}, v4", f"v_add_nc_u16 v{RESULT}.h, v2.l, v3.h"]
    assert _run("gfx1100", lines, [0x99990002], [0x00039999], [0xABCD1234])[0] == 0x00051234


@pytest.mark.parametrize("arch", ARCHS)
def test_a_comparison_clears_the_bits_of_inactive_lanes(arch: str) -> None:
    wave = WAVE[arch]
    lines = [
        "s_mov_b32 s20, -1",
        "s_mov_b32 s21, -1",
        "s_mov_b32 s30, 0x0f0f00ff",
        "s_mov_b32 s31, 0x33330000",
        set_exec(arch, pair(arch, 30)),
        f"v_cmp_eq_u32_e64 {pair(arch, 20)}, v2, v2",
        set_exec(arch, "-1"),
        f"v_mov_b32_e32 v{RESULT}, {'s21' if wave == 64 else 's20'}",
    ]
    assert _run(arch, lines, [7])[0] == (0x33330000 if wave == 64 else 0x0F0F00FF)
