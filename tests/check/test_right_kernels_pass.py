"""A device that computes the right thing passes every contract: no false alarms."""

import pytest
from contracts.symbols import SYMBOLS

from tracker.cancel import Cancel
from tracker.check import check_kernel

from .fake import FakeDevice, FakeModule

EXACT = ("dequantize_block", "quantize", "get_rows")


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_reference_kernel_passes(symbol: str) -> None:
    for seed in (0, 1):
        result = check_kernel(
            FakeDevice(), FakeModule(), symbol, code_hash="h", effort="quick", seed=seed, cancel=Cancel()
        )
        assert result.outcome == "passed", result.message
        assert result.cases_run >= 2
        assert result.worst["bad"] == 0
        if symbol.startswith(EXACT):
            assert result.worst["abs"] == 0
        else:
            assert 0 < result.worst["cw"] <= result.worst["bound"] <= 1e-6


ONE_PER_FAMILY = (
    "dequantize_block_q5_1_f16",
    "quantize_q8_1",
    "dequantize_mul_mat_vec_q4_1_cuda",
    "mul_mat_vec_q4_K_q8_1_cuda3",
    "mul_mat_q5_K",
    "get_rows_bf16",
    "indexed_moe_forward_q8_0_q8_1",
)


@pytest.mark.parametrize("symbol", ONE_PER_FAMILY)
def test_the_reference_kernel_passes_every_case_of_the_full_effort(symbol: str) -> None:
    result = check_kernel(FakeDevice(), FakeModule(), symbol, code_hash="h", effort="full", seed=5, cancel=Cancel())
    assert result.outcome == "passed", result.message
    assert result.cases_run >= 12
