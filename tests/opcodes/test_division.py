"""Division: the steps of LLVM's sequences together give the IEEE quotient."""

import itertools

import numpy as np
import pytest

from tests.opcodes.cases import ARCHS
from tests.opcodes.kernels import pair
from tests.opcodes.snippet import RESULT, Snippet

TESTED = ("v_div_fixup_f16", *(f"v_div_{step}_f{bits}" for step in ("scale", "fmas", "fixup") for bits in (32, 64)))

_EDGE_HALVES = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x3C00, 0xBC01, 0x7BFF, 0x7C00, 0xFC00, 0x7E00, 0x4200, 0x1234]


@pytest.mark.parametrize("arch", ARCHS)
def test_the_fixup_of_half_division_makes_the_special_cases_right(arch: str) -> None:
    """Its first source is the quotient as far as ordinary numbers go."""
    pairs = np.array(list(itertools.product(_EDGE_HALVES, _EDGE_HALVES)) + [(0x3C00, 0x4200)] * 23, np.uint16)
    with np.errstate(all="ignore"):
        quotient = (pairs[:, 0].view(np.float16) / pairs[:, 1].view(np.float16)).astype(np.float16)
    special = ~np.isfinite(quotient) | ~np.isfinite(pairs.view(np.float16)).all(axis=1) | (quotient == 0)
    guess = np.where(special & (pairs[:, 0] != 0x3C00), np.uint16(0x3555), quotient.view(np.uint16))
    tiny = (quotient == 0) & (pairs[:, 0] & 0x7FFF != 0) & np.isfinite(pairs[:, 1].view(np.float16))
    guess = np.where(tiny | (np.isinf(quotient) & (pairs[:, 1] & 0x7FFF != 0)), quotient.view(np.uint16), guess)
    ending = ".l" if arch == "gfx1100" else ""
    text = f"v_div_fixup_f16 v{RESULT}{ending}, v2{ending}, v3{ending}, v4{ending}"
    words = np.stack([guess, pairs[:, 1], pairs[:, 0]], axis=1).astype(np.uint32)
    got = (Snippet(arch, [text], words).run()[:, 0] & 0xFFFF).astype(np.uint16)
    same = (got == quotient.view(np.uint16)) | (np.isnan(got.view(np.float16)) & np.isnan(quotient))
    assert [(hex(a), hex(b), hex(g)) for (a, b), g, s in zip(pairs, got, same, strict=True) if not s][:5] == []


_DIVISION = [
    "v_div_scale_f32 v10, {sdst}, v3, v3, v2",
    "v_div_scale_f32 v11, {vcc}, v2, v3, v2",
    "v_rcp_f32_e32 v12, v10",
    "v_fma_f32 v13, -v10, v12, 1.0",
    "v_fma_f32 v12, v13, v12, v12",
    "v_mul_f32_e32 v13, v11, v12",
    "v_fma_f32 v14, -v10, v13, v11",
    "v_fma_f32 v13, v14, v12, v13",
    "v_fma_f32 v10, -v10, v13, v11",
    "v_div_fmas_f32 v10, v10, v12, v13",
    "v_div_fixup_f32 v{r}, v10, v3, v2",
]
_DOUBLE_DIVISION = [
    "v_div_scale_f64 v[10:11], {sdst}, v[4:5], v[4:5], v[2:3]",
    "v_rcp_f64_e32 v[12:13], v[10:11]",
    "v_fma_f64 v[14:15], -v[10:11], v[12:13], 1.0",
    "v_fma_f64 v[12:13], v[12:13], v[14:15], v[12:13]",
    "v_fma_f64 v[14:15], -v[10:11], v[12:13], 1.0",
    "v_fma_f64 v[12:13], v[12:13], v[14:15], v[12:13]",
    "v_div_scale_f64 v[14:15], {vcc}, v[2:3], v[4:5], v[2:3]",
    "v_mul_f64 v[16:17], v[14:15], v[12:13]",
    "v_fma_f64 v[10:11], -v[10:11], v[16:17], v[14:15]",
    "v_div_fmas_f64 v[10:11], v[10:11], v[12:13], v[16:17]",
    "v_div_fixup_f64 v[{r}:{r1}], v[10:11], v[4:5], v[2:3]",
]
_EDGE_SINGLES = [
    0,
    1 << 31,
    1,
    0x80000001,
    0x7FFFFF,
    0x800000,
    0x3F800000,
    0xBF800001,
    0x7F7FFFFF,
    0x7F800000,
    0x7FC00000,
]
_EDGE_SINGLES += [0xFF800000, 0x42FE0000, 0x00012345, 0x7F000001, 0x40400000]
_EDGE_DOUBLES = [0, 1 << 63, 1, 0x800FFFFFFFFFFFFF, 1 << 52, 0x3FF << 52, 0xBFF0000000000001, 0x7FEFFFFFFFFFFFFF]
_EDGE_DOUBLES += [
    0x7FF << 52,
    0xFFF << 52,
    0x7FF8 << 48,
    0x4008 << 48,
    0x0000123456789ABC,
    0x7FD << 52,
    3 << 51,
    0x41D << 52,
]


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("bits", [32, 64])
def test_the_division_sequence_of_llvm_gives_the_ieee_quotient(arch: str, bits: int) -> None:
    """All pairs of 16 edge values, then random bits."""
    unsigned, real = np.dtype(f"u{bits // 8}"), np.dtype(f"f{bits // 8}")
    edges = _EDGE_SINGLES if bits == 32 else _EDGE_DOUBLES
    pairs = list(itertools.product(edges, edges))
    pairs += np.random.default_rng(1).integers(0, 1 << bits, (256, 2), unsigned).tolist()
    values = np.array(pairs, unsigned)
    lines = _DIVISION if bits == 32 else _DOUBLE_DIVISION
    spelled = [
        line.format(sdst=pair(arch, 20), vcc="vcc" if arch == "gfx90a" else "vcc_lo", r=RESULT, r1=RESULT + 1)
        for line in lines
    ]
    got = Snippet(arch, spelled, values.view(np.uint32), bits // 32).run().view(real)[:, 0]
    with np.errstate(all="ignore"):
        quotient = values.view(real)[:, 0] / values.view(real)[:, 1]
    same = (got.view(unsigned) == quotient.view(unsigned)) | (np.isnan(got) & np.isnan(quotient))
    assert same.all(), [
        (hex(a), hex(b), g, q) for (a, b), g, q, s in zip(pairs, got, quotient, same, strict=True) if not s
    ][:5]
