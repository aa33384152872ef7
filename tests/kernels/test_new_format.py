"""Adding a format takes one file: iq4_nl beside this test, judged against gguf's own decoder."""

from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf.quants import dequantize
from kernel_units import Build
from numpy.typing import NDArray

from kernels.contracts import q8_1
from kernels.launch import Buffer, Launch, Scalar
from tracker.build.codeobject import read
from tracker.devices.emulator import EmulatorDevice
from tracker.devices.protocol import Artifact

SOURCE = Path(__file__).with_name("iq4_nl.hip")
ROWS, COLUMNS = 3, 96


def number(name: str, value: int) -> Scalar:
    return Scalar(name, value.to_bytes(4, "little"))


def run(build: Build, launch: Launch, out: str) -> NDArray[np.float32]:
    record = build(SOURCE, "gfx1100")
    assert record.code_object, record.output
    device = EmulatorDevice("gfx1100")
    report = device.run(device.load(Artifact("gfx1100", record.code_object, record.assembly)), launch)
    assert report.fault is None, report.fault
    return report.buffers[out].view(np.float32)


@pytest.fixture(scope="module")
def weights() -> NDArray[np.uint8]:
    rng = np.random.default_rng(1)
    blocks = rng.integers(0, 256, (ROWS, COLUMNS // 32, 18), dtype=np.uint8)
    blocks[..., :2] = rng.normal(size=(ROWS, COLUMNS // 32, 1)).astype(np.float16).view(np.uint8)
    return blocks.reshape(ROWS, -1)


def test_every_family_comes_with_the_format(build: Build) -> None:
    record = build(SOURCE, "gfx1100")
    assert record.code_object, record.output
    assert set(read(record.code_object).kernels) == {
        "dequantize_block_iq4_nl_f32",
        "dequantize_block_iq4_nl_f16",
        "get_rows_iq4_nl",
        "dequantize_mul_mat_vec_iq4_nl_cuda",
        "mul_mat_iq4_nl",
        *(f"mul_mat_vec_iq4_nl_q8_1_cuda{batch}" for batch in range(1, 9)),
    }


def test_it_decodes_exactly(build: Build, weights: NDArray[np.uint8]) -> None:
    out = Buffer("y", np.full(ROWS * COLUMNS * 4, 0xFF, np.uint8), "out")
    blocks = weights.size // 18
    arguments = (Buffer("vx", weights.reshape(-1), "in"), out, number("k", blocks))
    launch = Launch("dequantize_block_iq4_nl_f32", (-(-blocks // 8), 1, 1), (32, 1, 1), arguments)
    wanted = dequantize(weights, gguf.GGMLQuantizationType.IQ4_NL).reshape(-1)
    np.testing.assert_array_equal(run(build, launch, "y"), wanted)


def test_it_multiplies(build: Build, weights: NDArray[np.uint8]) -> None:
    y = q8_1.quantize(np.random.default_rng(2).normal(size=(1, COLUMNS)).astype(np.float32))
    arguments = (
        Buffer("vx", weights.reshape(-1), "in"),
        Buffer("vy", y.reshape(-1).view(np.uint8), "in"),
        Buffer("dst", np.full(ROWS * 4, 0xFF, np.uint8), "out"),
        *(number(name, value) for name, value in zip("cnps", (COLUMNS, ROWS, 512, ROWS), strict=True)),
    )
    launch = Launch("mul_mat_vec_iq4_nl_q8_1_cuda1", (ROWS, 1, 1), (32, 4, 1), arguments)
    decoded = y.reshape(-1, 36)[: COLUMNS // 32]
    vector = decoded[:, :2].copy().view(np.float16).astype(np.float64) * decoded[:, 4:].view(np.int8)
    matrix = dequantize(weights, gguf.GGMLQuantizationType.IQ4_NL).astype(np.float64)
    wanted, size = matrix @ vector.reshape(-1), np.abs(matrix) @ np.abs(vector).reshape(-1)
    assert np.all(np.abs(run(build, launch, "dst") - wanted) <= 1e-6 * size)
