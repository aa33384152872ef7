"""Every classical porting mistake, put into the reference device, must be caught by the quick cases."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from contracts.symbols import SYMBOLS

from kernels.contracts.formats import block_format, quantized
from kernels.launch import Launch
from kernels.names import KernelName, identify
from tracker.cancel import Cancel
from tracker.check import check_kernel
from tracker.check.results import CheckResult
from tracker.devices.protocol import LaunchReport

from . import reference
from .fake import FakeDevice, FakeModule, changed, content, out_name

WEIGHTS = ("vx", "src0", "all_weights")
SOME = [symbol for symbol in SYMBOLS if not symbol.startswith("mul_mat_vec") or symbol.endswith(("1", "6"))]
QUANTIZED = [symbol for symbol in SOME if quantized(identify(symbol).type) and symbol != "quantize_q8_1"]
PRODUCTS = [symbol for symbol in QUANTIZED if "mul_mat" in symbol or "moe" in symbol]


def check(symbol: str, device: FakeDevice) -> CheckResult:
    return check_kernel(device, FakeModule(), symbol, code_hash="h", effort="quick", seed=0, cancel=Cancel())


def name_of(symbol: str) -> KernelName:
    name = identify(symbol)
    assert name is not None
    return name


def in_blocks(change: Callable[[str, np.ndarray], None]) -> Callable[[Launch], Launch]:
    """A kernel that reads its weight blocks through `change`."""

    def before(launch: Launch) -> Launch:
        kind = name_of(launch.symbol).type
        buffer = next(a.name for a in launch.arguments if a.name in WEIGHTS)
        data = content(launch, buffer)
        change(
            kind,
            data[: data.size // block_format(kind).bytes * block_format(kind).bytes].reshape(
                -1, block_format(kind).bytes
            ),
        )
        return changed(launch, buffer, data)

    return before


def swap_nibbles(kind: str, blocks: np.ndarray) -> None:
    form = block_format(kind)
    view = form.field(blocks, "ql" if "ql" in form.fields else "qs")
    view[:] = view << 4 | view >> 4


def drop_high_bits(kind: str, blocks: np.ndarray) -> None:
    form = block_format(kind)
    form.field(blocks, "hmask" if "hmask" in form.fields else "qh")[:] = 0


def drop_additive(kind: str, blocks: np.ndarray) -> None:
    block_format(kind).field(blocks, reference.ADDITIVE[kind])[:] = 0


def positive_scale(kind: str, blocks: np.ndarray) -> None:
    blocks[:, block_format(kind).fields["d"][0] + 1] &= 0x7F


def flush_denormal_scales(kind: str, blocks: np.ndarray) -> None:
    d = block_format(kind).field(blocks, "d")
    d[(d[:, 1] & 0x7C) == 0] = 0


def scale_of_the_neighbour(kind: str, blocks: np.ndarray) -> None:
    scales = block_format(kind).field(blocks, "scales")
    scales[:] = np.roll(scales, 1, axis=1)


MISTAKES = {
    "nibbles swapped": (swap_nibbles, lambda kind: True),
    "high bits missing": (drop_high_bits, lambda kind: kind in ("q5_0", "q5_1", "q3_K", "q5_K", "q6_K")),
    "additive part missing": (drop_additive, lambda kind: kind in reference.ADDITIVE),
    "sign of the scale lost": (positive_scale, lambda kind: kind != "q8_K"),
    "denormal scales flushed": (flush_denormal_scales, lambda kind: kind != "q8_K"),
    "scale index off by one": (scale_of_the_neighbour, lambda kind: bool(block_format(kind).scales)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("symbol", QUANTIZED)
def test_wrong_decoding_is_caught(symbol: str, mistake: str) -> None:
    change, applies = MISTAKES[mistake]
    if not applies(name_of(symbol).type):
        return
    result = check(symbol, FakeDevice(before=in_blocks(change)))
    assert result.outcome == "failed"
    assert result.failing is not None and result.failing.mismatch is not None


SUM_TERM = [s for s in PRODUCTS if name_of(s).type in reference.SUM_TERM.get(name_of(s).family, ())]


@pytest.mark.parametrize("symbol", SUM_TERM)
def test_the_decoded_sum_in_place_of_the_stored_one_is_caught(symbol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "SUM_TERM", {"mul_mat_vec_q8_1": set(), "mul_mat_q8_1": set()})
    assert check(symbol, FakeDevice()).outcome == "failed"


NO_SUM_TERM = [s for s in PRODUCTS if "q8_1_cuda" in s or s.startswith("mul_mat_q")]


@pytest.mark.parametrize("symbol", [s for s in NO_SUM_TERM if s not in SUM_TERM])
def test_the_stored_sum_where_the_decoded_one_belongs_is_caught(symbol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, family = name_of(symbol).type, name_of(symbol).family
    if kind not in reference.CENTRE and kind not in ("q4_K", "q5_K"):
        return
    monkeypatch.setattr(reference, "SUM_TERM", {family: {kind}})
    assert check(symbol, FakeDevice()).outcome == "failed"


def _output(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Launch, LaunchReport], LaunchReport]:
    def after(launch: Launch, report: LaunchReport) -> LaunchReport:
        name = out_name(launch)
        return replace(report, buffers={**report.buffers, name: change(report.buffers[name])})

    return after


@pytest.mark.parametrize("symbol", SOME)
def test_a_kernel_that_writes_nothing_fails(symbol: str) -> None:
    def untouched(launch: Launch, report: LaunchReport) -> LaunchReport:
        return replace(report, buffers={**report.buffers, out_name(launch): content(launch, out_name(launch))})

    assert check(symbol, FakeDevice(after=untouched)).outcome == "failed"


@pytest.mark.parametrize("symbol", SOME)
def test_one_element_left_unwritten_is_caught_wherever_it_is(symbol: str) -> None:
    size = 1 if symbol == "quantize_q8_1" else 2 if symbol.endswith("f16") and "block" in symbol else 4
    for place in (0, -1):

        def hole(launch: Launch, report: LaunchReport, place: int = place) -> LaunchReport:
            out = report.buffers[out_name(launch)].reshape(-1, size).copy()
            out[place] = content(launch, out_name(launch)).reshape(-1, size)[place]
            return replace(report, buffers={**report.buffers, out_name(launch): out.reshape(-1)})

        assert check(symbol, FakeDevice(after=hole)).outcome == "failed"


@pytest.mark.parametrize("symbol", PRODUCTS)
def test_a_last_weight_row_taken_from_behind_the_buffer_is_caught(symbol: str) -> None:
    """The bytes behind the weights are hostile: one block too far and the result is NaN."""

    def shifted(kind: str, blocks: np.ndarray) -> None:
        blocks[:-1] = blocks[1:].copy()

    assert check(symbol, FakeDevice(before=in_blocks(shifted))).outcome == "failed"


@pytest.mark.parametrize("symbol", PRODUCTS)
def test_results_kept_in_half_precision_are_caught(symbol: str) -> None:
    def halved(out: np.ndarray) -> np.ndarray:
        return out.view("<f4").astype(np.float16).astype("<f4").view(np.uint8)

    with np.errstate(over="ignore"):
        assert check(symbol, FakeDevice(after=_output(halved))).outcome == "failed"


def _with_reference(monkeypatch: pytest.MonkeyPatch, name: str, function: Callable[..., object]) -> CheckResult:
    monkeypatch.setattr(reference, name, function)
    return check("quantize_q8_1", FakeDevice())


def test_rounding_half_to_even_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        _with_reference(monkeypatch, "_away", lambda value: 0 if value != value else round(value)).outcome == "failed"
    )


def test_a_product_with_the_reciprocal_in_place_of_the_division_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def product(row: np.ndarray, d: np.float32) -> np.ndarray:
        return row * (np.float32(1) / d)

    with np.errstate(all="ignore"):
        assert _with_reference(monkeypatch, "_quotient", product).outcome == "failed"


def test_truncation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _with_reference(monkeypatch, "_away", lambda value: 0 if value != value else int(value)).outcome == "failed"


def quantized_with(sum_of: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray, int], np.ndarray]:
    right = reference.quantize

    def wrong(x: np.ndarray, width: int) -> np.ndarray:
        out = right(x, width)
        rows = np.pad(x, ((0, 0), (0, width - x.shape[1]))).reshape(-1, 32)
        out[:, 2:4] = sum_of(rows).astype("<f2").reshape(-1, 1).view(np.uint8)
        return out

    return wrong


def test_a_sum_over_64_lanes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def wide(rows: np.ndarray) -> np.ndarray:
        return np.repeat(rows.reshape(-1, 64).sum(axis=1), 2)

    assert _with_reference(monkeypatch, "quantize", quantized_with(wide)).outcome == "failed"


def test_a_sum_of_decoded_codes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = reference.quantize

    def decoded(rows: np.ndarray) -> np.ndarray:
        packed = right(rows.reshape(1, -1), rows.size)
        return reference.values("q8_0", np.delete(packed, [2, 3], axis=1)).sum(axis=1)

    assert _with_reference(monkeypatch, "quantize", quantized_with(decoded)).outcome == "failed"


def test_a_sum_that_lacks_its_last_step_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _with_reference(monkeypatch, "quantize", quantized_with(lambda r: r[:, ::2].sum(axis=1))).outcome == "failed"


@pytest.mark.parametrize("symbol", [s for s in SYMBOLS if "moe" in s])
def test_experts_read_at_an_eighth_of_their_offset_are_caught(symbol: str) -> None:
    """candle's own defect in indexed_moe_forward_q8_0: every expert but the first is read at the wrong place."""

    def wrong_stride(launch: Launch) -> Launch:
        n, k = (reference.number(a.data) for a in launch.arguments[4:6])
        expert, weights = n * block_format(name_of(symbol).type).size(k), content(launch, "all_weights")
        for index in range(1, weights.size // expert):
            start = index * expert // 8
            weights[index * expert : (index + 1) * expert] = content(launch, "all_weights")[start : start + expert]
        return changed(launch, "all_weights", weights)

    result = check(symbol, FakeDevice(before=wrong_stride))
    assert result.outcome == "failed"
