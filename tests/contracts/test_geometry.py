"""Launches and parameters against the launcher's rules, written here once more as plain formulas."""

import math
import struct

import pytest

from kernels import BASELINES
from kernels.contracts import contract_for
from kernels.contracts.geometry import block
from kernels.launch import Buffer, Launch, Scalar
from kernels.names import identify
from tracker.scan import baseline

from .symbols import SYMBOLS


def launch(symbol: str, case: str) -> Launch:
    name = identify(symbol)
    assert name is not None
    contract = contract_for(name)
    assert contract is not None
    return contract.case(name, f"{case} data=mixed seed=0").prepare(0).launch


def numbers(made: Launch) -> dict[str, int]:
    return {
        a.name: struct.unpack("<i" if len(a.data) == 4 else "<q", a.data)[0]
        for a in made.arguments
        if isinstance(a, Scalar)
    }


def shape(made: Launch) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    return made.grid, made.block


@pytest.mark.parametrize(
    ("kind", "grid", "block", "k"),
    [("q4_0", 5, 32, 33), ("q8_0", 5, 32, 33), ("q5_0", 3, 256, 1056), ("q5_1", 3, 256, 1056), ("q4_1", 5, 32, 33)],
)
def test_dequantize_of_33_blocks(kind: str, grid: int, block: int, k: int) -> None:
    made = launch(f"dequantize_block_{kind}_f16", "blocks=33")
    assert shape(made) == ((grid, 1, 1), (block, 1, 1))
    assert numbers(made) == {"k": k}


@pytest.mark.parametrize(
    ("kind", "block"), [("q2_K", 64), ("q3_K", 64), ("q4_K", 32), ("q5_K", 64), ("q6_K", 64), ("q8_K", 32)]
)
def test_dequantize_of_k_types_takes_no_count(kind: str, block: int) -> None:
    made = launch(f"dequantize_block_{kind}_f32", "blocks=7")
    assert shape(made) == ((7, 1, 1), (block, 1, 1))
    assert numbers(made) == {}


def test_quantize_pads_rows_to_512() -> None:
    made = launch("quantize_q8_1", "rows=3 cols=513")
    assert shape(made) == ((4, 3, 1), (256, 1, 1))
    assert numbers(made) == {"kx": 513, "kx_padded": 1024}


def test_dequantize_mul_mat_vec_has_one_workgroup_a_row_and_q5_k_one_parameter_less() -> None:
    assert shape(launch("dequantize_mul_mat_vec_q4_0_cuda", "rows=7 cols=96")) == ((7, 1, 1), (32, 1, 1))
    assert numbers(launch("dequantize_mul_mat_vec_q4_k", "rows=7 cols=256")) == {"ncols": 256, "nrows": 7}
    assert numbers(launch("dequantize_mul_mat_vec_q5_k", "rows=7 cols=256")) == {"ncols": 256}


@pytest.mark.parametrize("batch", range(1, 9))
def test_mul_mat_vec_by_batch(batch: int) -> None:
    made = launch(f"mul_mat_vec_q5_1_q8_1_cuda{batch}", "rows=7 cols=544")
    assert shape(made) == ((7 if batch == 1 else 4, 1, 1), (32, 4 if batch <= 4 else 2, 1))
    assert numbers(made) == {"ncols_x": 544, "nrows_x": 7, "nrows_y": 1024, "nrows_dst": 7}
    assert next(a.data.size for a in made.arguments if a.name == "vy") == batch * 1024 // 32 * 36


TILES = {
    "q4_0": (64, 128),
    "q5_0": (128, 64),
    "q8_0": (128, 64),
    "q2_K": (64, 128),
    "q3_K": (128, 128),
    "q6_K": (64, 64),
}


@pytest.mark.parametrize("kind", TILES)
def test_mul_mat_tiles(kind: str) -> None:
    x, y = TILES[kind]
    made = launch(f"mul_mat_{kind}", "rows=129 cols=256 batch=65")
    assert shape(made) == ((math.ceil(129 / y), math.ceil(65 / x), 1), (32, 4, 1))
    assert numbers(made) == {"ncols_x": 256, "nrows_x": 129, "ncols_y": 65, "nrows_y": 512, "nrows_dst": 129}


@pytest.mark.parametrize(
    ("kind", "block", "y"), [("f32", 256, 2), ("bf16", 256, 2), ("q5_1", 256, 1), ("q4_K", 32, 2), ("q6_K", 64, 2)]
)
def test_get_rows(kind: str, block: int, y: int) -> None:
    assert shape(launch(f"get_rows_{kind}", "rows=4 cols=512 ids=3 grid=65535")) == ((3, y, 1), (block, 1, 1))


def test_get_rows_strides_in_bytes() -> None:
    assert numbers(launch("get_rows_q5_1", "rows=4 cols=512 ids=3 grid=65535")) == {"ne00": 512, "nb01": 384}
    assert numbers(launch("get_rows_f16", "rows=4 cols=5 ids=3 grid=65535")) == {"ne00": 5, "nb01": 10}


def test_indexed_moe_forward() -> None:
    made = launch("indexed_moe_forward_q6k_q8_1", "experts=3 rows=5 cols=768 batch=2 topk=4 shared=0")
    assert shape(made) == ((5, 2, 4), (32, 4, 1))
    assert numbers(made) == {"n": 5, "k": 768, "batch": 2, "topk": 4, "k_padded": 1024, "input_dim1": 4}
    shared = launch("indexed_moe_forward_q6k_q8_1", "experts=3 rows=5 cols=768 batch=2 topk=4 shared=1")
    assert numbers(shared)["input_dim1"] == 1


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_arguments_follow_the_parameter_list(symbol: str) -> None:
    name = identify(symbol)
    assert name is not None
    contract = contract_for(name)
    assert contract is not None
    made = next(contract.cases(name, "quick", 0)).prepare(0).launch
    types = contract.parameters(name)
    assert len(types) == len(made.arguments) and made.symbol == symbol
    for ctype, argument in zip(types, made.arguments, strict=True):
        if isinstance(argument, Scalar):
            assert len(argument.data) == (4 if ctype == "int" else 8)
        else:
            assert ctype.endswith("*")
            assert argument.role == ("in" if ctype.startswith("const") else "out")
    assert sum(isinstance(a, Buffer) and a.role == "out" for a in made.arguments) == 1


def test_names_with_hip_are_the_same_kernels() -> None:
    assert launch("mul_mat_vec_q5_1_q8_1_hip3", "rows=3 cols=64").symbol == "mul_mat_vec_q5_1_q8_1_hip3"


def test_parameters_are_those_of_the_recorded_cuda_kernels() -> None:
    recorded = baseline.read(BASELINES / "candle-5152ef621.json").kernels
    assert {kernel.symbol for kernel in recorded} == set(SYMBOLS)
    for kernel in recorded:
        name = identify(kernel.symbol)
        assert name is not None
        contract = contract_for(name)
        assert contract is not None
        assert contract.parameters(name) == tuple(parameter.type for parameter in kernel.parameters), kernel.symbol


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_block_is_that_of_the_launches(symbol: str) -> None:
    name = identify(symbol)
    assert name is not None
    contract = contract_for(name)
    assert contract is not None
    case = next(contract.cases(name, "quick", 0))
    assert block(name) == case.prepare(0).launch.block
