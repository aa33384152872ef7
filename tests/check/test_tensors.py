"""Checks on tensors of a model file: a right device passes on every type, and what the case took is what it says."""

from pathlib import Path

import numpy as np
import pytest
from contracts.symbols import SYMBOLS
from weights import every_type

from kernels.contracts import real
from kernels.names import identify
from tracker.cancel import Cancel
from tracker.check import check_kernel, tensors
from tracker.check.tensors import Origin
from tracker.gguf import reader

from .fake import FakeDevice, FakeModule

SHA256 = reader.sha256(every_type.FILE)


def named(symbol: str) -> tuple[str, str]:
    kernel = identify(symbol)
    assert kernel
    return kernel.family, kernel.type


def taken(kind: str, folder: Path) -> Origin:
    """The rows of the file's tensor of a type."""
    tensor = reader.read(every_type.FILE).tensors[every_type.name(kind)]
    return tensors.take(tensor, SHA256, "quick", folder / "rows.npy")


@pytest.mark.parametrize("symbol", [symbol for symbol in SYMBOLS if named(symbol)[0] in real.FAMILIES])
def test_the_reference_kernel_passes_on_blocks_of_a_real_quantizer(symbol: str, tmp_path: Path) -> None:
    family, kind = named(symbol)
    origin = taken(kind, tmp_path)
    result = check_kernel(
        FakeDevice(),
        FakeModule(),
        symbol,
        code_hash="h",
        effort="quick",
        seed=3,
        given=lambda kernel: tensors.cases(kernel, origin, 3),
        cancel=Cancel(),
    )
    assert (result.outcome, result.cases_run, result.worst["bad"]) == ("passed", 1, 0), result.message
    assert (result.worst["abs"] == 0) == (family == "dequantize")


def test_a_case_names_file_tensor_and_how_many_rows_it_took(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(tensors.ELEMENTS, "quick", 4 * every_type.COLUMNS)
    kernel = identify("mul_mat_q8_0")
    assert kernel
    origin = taken("q8_0", tmp_path)
    (case,) = tensors.cases(kernel, origin, 0)
    assert case.name == (
        f"gguf=sha256:{SHA256[:16]} tensor=blk.0.q8_0.weight rows=4/6 cols=512 batch={real.BATCH} seed=0"
    )
    weights = next(a for a in case.prepare(0).launch.arguments if a.name == "vx").data  # type: ignore[union-attr]
    blocks = reader.read(every_type.FILE).tensors[origin.tensor].blocks()
    assert weights.tobytes().startswith(blocks[[0, 2, 3, 5]].tobytes())


@pytest.mark.parametrize(("rows", "columns"), [(1, 64), (2, 1 << 20), (4096, 4096), (151936, 896)])
def test_a_sample_spans_the_tensor_and_stays_small(rows: int, columns: int) -> None:
    taken = real.sample(rows, columns, 1 << 18)
    assert taken[0] == 0 and taken[-1] == rows - 1
    assert np.all(np.diff(taken) > 0)
    assert len(taken) <= 2 or len(taken) * columns <= 1 << 18


def test_activations_are_rows_after_a_normalization() -> None:
    rows = real.activations(5, 4096, np.random.default_rng(0)).astype(np.float64)
    assert np.allclose(np.sqrt(np.mean(rows**2, axis=1)), 1, rtol=1e-6)
    large = np.abs(rows) > 6 * np.median(np.abs(rows))
    assert 0 < large.any(axis=0).sum() < 0.02 * 4096  # few channels, the same in every row
