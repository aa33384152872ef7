"""Recorded inventories: what was shipped, that it can be reproduced, and that broken ones are refused."""

from collections import Counter
from pathlib import Path

import pytest

from kernels import BASELINES
from kernels.names import identify
from tracker.errors import UsageError
from tracker.scan import baseline, scan_file
from tracker.scan.baseline import Baseline

from .conftest import Scan, candle_file

SOURCE_FILE = "candle-kernels/src/quantized.cu"
SEED, HEAD = "1a0f9ccf1", "5152ef621"
COUNTS = {
    SEED: {
        "dequantize": 22,
        "quantize": 1,
        "dequantize_mul_mat_vec": 10,
        "mul_mat_vec_q8_1": 80,
        "mul_mat_q8_1": 10,
    },
}
COUNTS[HEAD] = {**COUNTS[SEED], "get_rows": 13, "indexed_moe_forward": 6}


def shipped(commit: str) -> Baseline:
    return baseline.read(BASELINES / f"candle-{commit}.json")


@pytest.mark.parametrize("commit", [SEED, HEAD])
def test_shipped_baselines_have_the_true_counts(commit: str) -> None:
    inventory = shipped(commit)

    names = [identify(kernel.symbol) for kernel in inventory.kernels]
    assert (inventory.origin, inventory.commit) == ("huggingface/candle", commit)
    assert Counter(name.family if name else "unknown" for name in names) == COUNTS[commit]
    assert len({kernel.symbol for kernel in inventory.kernels}) == sum(COUNTS[commit].values())
    assert all(file.diagnostics == () for file in inventory.files)


@pytest.mark.parametrize("commit", [SEED, HEAD])
def test_a_scan_of_the_real_file_reproduces_the_baseline(commit: str, tmp_path: Path) -> None:
    file = candle_file(commit, SOURCE_FILE, tmp_path)

    facts = scan_file(file, "cuda", root=tmp_path)

    (expected,) = shipped(commit).files
    assert facts.diagnostics == ()
    assert baseline.recorded(facts) == expected


def test_details_that_reports_made_by_hand_got_wrong() -> None:
    kernels = {kernel.symbol: kernel for kernel in shipped(SEED).kernels}

    made = kernels["dequantize_block_q4_0_f32"]
    assert made.macro_place is not None
    assert (made.place.line, made.macro, made.macro_place.line) == (1153, "DEQUANTIZE", 1140)
    assert len(kernels["dequantize_mul_mat_vec_q5_k"].parameters) == 4
    assert len(kernels["dequantize_mul_mat_vec_q4_k"].parameters) == 5


def test_the_kernels_of_the_older_revision_kept_their_parameters() -> None:
    """Source: the PTX parameter lists of both revisions, compared in the facts about candle."""
    older, newer = ({each.symbol: each.parameters for each in shipped(commit).kernels} for commit in (SEED, HEAD))

    assert {symbol: newer[symbol] for symbol in older} == older


def test_what_is_written_is_read_back(scan: Scan, tmp_path: Path) -> None:
    facts = scan("""
        #define MADE(N) template <class T> __global__ void __launch_bounds__(64, 2) N(T *p) { __shared__ T s[4]; p[0] = s[0]; }
        struct block { int x; };
        __device__ int help(block *b) { return b->x; }
        MADE(made)
        template __global__ void made<float>(float *);
        extern "C" __global__ void broken(block *b, int n) { b[0].x = help(b) + nothing; }
    """)  # noqa: E501
    file = tmp_path / "own.json"

    baseline.write([facts], file, "me/project@abc")

    found = baseline.read(file)
    assert (found.origin, found.commit) == ("me/project", "abc")
    assert found.files == (baseline.recorded(facts),)
    assert [each.symbol for each in found.kernels] == [each.symbol for each in facts.kernels]
    assert [each.message for each in found.files[0].diagnostics] == ["use of undeclared identifier 'nothing'"]
    assert "b[0].x" not in file.read_text()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "own.json:1: not JSON"),
        ("[]", "is not a recorded inventory"),
        ('{"schema": 2, "origin": "x", "commit": "", "files": [{}]}', "is not a recorded inventory"),
        ('{"schema": 99}', "schema 99"),
        (None, "cannot read"),
    ],
)
def test_what_is_no_baseline_is_refused_with_its_name(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "own.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(UsageError) as failure:
        baseline.read(file)

    assert message in failure.value.message
    assert str(file) in failure.value.message
    assert "--record" in failure.value.remedy


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        baseline.write([], tmp_path / "nowhere" / "own.json", "x")
