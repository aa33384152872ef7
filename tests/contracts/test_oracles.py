"""The oracles against gguf, against small examples worked out by hand, and against exact rational arithmetic."""

from fractions import Fraction

import gguf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.contracts import data, oracle, q8_1
from kernels.contracts.decode import NOT_IN_GGUF, Decoded, decode
from kernels.contracts.formats import block_format

TYPES = ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q2_K", "q3_K", "q4_K", "q5_K", "q6_K")


@pytest.mark.parametrize("kind", TYPES)
def test_block_sizes_are_ggufs(kind: str) -> None:
    form = block_format(kind)
    assert gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind.upper()]] == (form.elements, form.bytes)


@pytest.mark.parametrize("kind", (*TYPES, "q8_1", "q8_K"))
def test_fields_fill_the_block_without_gap_or_overlap(kind: str) -> None:
    form = block_format(kind)
    end = 0
    for offset, size in sorted(form.fields.values()):
        assert offset == end
        end += size
    assert end == form.bytes
    assert {*form.halves, *form.floats, *form.scales, *form.quants} == set(form.fields)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("name", data.WEIGHTS)
def test_the_exact_decoder_rounds_to_ggufs_values_bit_for_bit(kind: str, name: str) -> None:
    assert kind not in NOT_IN_GGUF
    packed = data.weight_rows(kind, [name] * 3, 50, np.random.default_rng(7)).reshape(-1, block_format(kind).bytes)
    theirs = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType[kind.upper()])
    ours = decode(kind, packed).value.astype(np.float32)
    assert np.array_equal(ours + np.float32(0), theirs + np.float32(0))  # adding zero makes both zeros positive


@pytest.mark.parametrize("kind", TYPES)
def test_scale_times_code_and_offset_are_told_apart_as_the_format_does(kind: str) -> None:
    """With all codes zero what remains is the offset; q3_K, q6_K and q8_0 have none."""
    form = block_format(kind)
    packed = data.weight_rows(kind, ["random"], 20, np.random.default_rng(3)).reshape(-1, form.bytes)
    for field in form.quants:
        form.field(packed, field)[:] = 0
    decoded = decode(kind, packed)
    if kind in ("q3_K", "q6_K", "q8_0"):
        assert not decoded.offset.any()
    else:
        assert not decoded.main.any() and decoded.offset.any()


def test_q8_k_by_hand() -> None:
    packed = np.zeros((1, 292), np.uint8)
    packed[0, :4] = np.array([0.1], "<f4").view(np.uint8)
    packed[0, 4:260] = np.arange(-128, 128).astype(np.int8).view(np.uint8)
    expected = [float(Fraction(float(np.float32(0.1))) * code) for code in range(-128, 128)]
    assert decode("q8_K", packed).value[0].tolist() == expected


def test_a_decoder_that_strays_from_gguf_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from kernels.contracts import decode as module

    packed = data.weight_rows("q4_0", ["random"], 4, np.random.default_rng(0))[0]
    wrong = Decoded(np.ones((4, 32)), np.zeros((4, 32)))
    monkeypatch.setitem(module._DECODERS, "q4_0", lambda form, blocks: wrong)
    with pytest.raises(ArithmeticError, match="q4_0"):
        decode("q4_0", packed)


def quantized(x: list[float]) -> tuple[float, float, list[int]]:
    row = np.zeros((1, 32), np.float32)
    row[0, : len(x)] = x
    block = q8_1.quantize(row)[0, :36]
    d, s = block[:4].view("<f2")
    return float(d), float(s), block[4:].view(np.int8).tolist()


def test_q8_1_by_hand() -> None:
    d, s, codes = quantized([127.0, -127.0, 0.5, -0.5, 1.5, 2.5, 0.49])
    assert (d, s) == (1.0, float(np.float16(3.99 + 0.5)))
    assert codes[:7] == [127, -127, 1, -1, 2, 3, 0]


def test_q8_1_of_nothing_is_zero_bytes_up_to_the_padding() -> None:
    rows = q8_1.quantize(np.zeros((2, 33), np.float32))
    assert rows.shape == (2, 512 // 32 * 36)
    assert not rows.any()


def test_q8_1_special_values() -> None:
    assert quantized([np.inf, 3.0])[0::2] == (np.inf, [0] * 32)
    d, s, codes = quantized([np.nan, 127.0])
    assert (d, codes[:2]) == (1.0, [0, 127]) and np.isnan(s)
    d, _, codes = quantized([1e-6, -1e-6])
    assert d == 0 and codes[:2] == [127, -127]  # the code survives where the half scale underflows
    assert quantized([65504.0, 65504.0])[1] == np.inf


@settings(deadline=None)
@given(st.lists(st.floats(-1000, 1000, width=32), min_size=32, max_size=32))
def test_q8_1_agrees_with_rational_arithmetic(x: list[float]) -> None:
    largest = np.float32(max(map(abs, x)))
    d, s, codes = quantized(x)
    single = largest / np.float32(127)
    assert d == float(np.float16(single))
    if single < 2.0**-126:
        return  # codes of a denormal scale may exceed their range: the contract's data keeps away from it
    for value, code in zip(x, codes, strict=True):
        quotient = Fraction(float(np.float32(value) / single))
        away = int(abs(quotient) + Fraction(1, 2)) * (1 if quotient > 0 else -1)
        assert code == away
    exact = sum(map(Fraction, x))
    assert abs(Fraction(s) - exact) <= abs(exact) / 2**11 + sum(abs(Fraction(v)) for v in x) / 2**20 + Fraction(
        1, 2**25
    )


@pytest.mark.parametrize("kind", ["q4_0", "q5_1", "q6_K", "q5_K"])
@pytest.mark.parametrize("stored", [False, True])
def test_products_agree_with_rational_arithmetic(kind: str, stored: bool) -> None:
    rng = np.random.default_rng(11)
    packed = data.weight_rows(kind, ["random", "largest"], 512 // block_format(kind).elements, rng)
    y = q8_1.quantize(data.activation_rows(["normal", "outlier"], 512, rng))
    weights = oracle.decode_rows(kind, packed)
    if not weights.offset.any():
        stored = False
    product = oracle.q8_1_product(weights, y, stored)
    values, sums = q8_1.unpack(y)
    for b, r in np.ndindex(2, 2):
        main = sum(Fraction(w) * Fraction(v) for w, v in zip(weights.main[r], values[b], strict=True))
        factors = sums[b] if stored else values[b]
        offsets = weights.offset[r, ::32] if stored else weights.offset[r]
        added = sum(Fraction(o) * Fraction(f) for o, f in zip(offsets, factors, strict=True))
        exact, scale = main + added, product.scale[b, r]
        assert abs(Fraction(product.reference[b, r]) - exact) <= Fraction(scale) * Fraction(1, 10**12)
        assert scale >= float(
            sum(abs(Fraction(w) * Fraction(v)) for w, v in zip(weights.main[r], values[b], strict=True))
        )


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_the_bound_covers_any_order_of_a_short_float32_sum(seed: int, terms: int) -> None:
    """Products of float32 rounded three times, then added one by one in a random order."""
    rng = np.random.default_rng(seed)
    a, b, c = (
        rng.normal(size=terms).astype(np.float32) * np.float32(2.0) ** rng.integers(-8, 8, terms) for _ in range(3)
    )
    total = np.float32(0)
    for term in rng.permutation((a * b) * c):
        total = np.float32(total + term)
    exact = sum(Fraction(float(x)) * Fraction(float(y)) * Fraction(float(z)) for x, y, z in zip(a, b, c, strict=True))
    scale = sum(
        abs(Fraction(float(x)) * Fraction(float(y)) * Fraction(float(z))) for x, y, z in zip(a, b, c, strict=True)
    )
    assert abs(Fraction(float(total)) - exact) <= Fraction(oracle.bound(terms)) * scale


def test_the_bound_never_exceeds_what_was_measured_to_be_ample() -> None:
    assert oracle.bound(9) < oracle.MEASURED_BOUND == oracle.bound(4096)
