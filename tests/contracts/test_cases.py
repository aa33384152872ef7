"""Case lists and names: enough of them, reproducible, and of the shapes and contents that matter."""

import numpy as np
import pytest

from kernels.contracts import contract_for, data
from kernels.contracts.base import Case, Effort
from kernels.contracts.formats import block_format
from kernels.contracts.naming import parse
from kernels.launch import Buffer, Launch
from kernels.names import identify

from .symbols import SYMBOLS


def cases(symbol: str, effort: Effort, seed: int = 0) -> list[Case]:
    name = identify(symbol)
    assert name is not None
    contract = contract_for(name)
    assert contract is not None
    return list(contract.cases(name, effort, seed))


def buffers(launch: Launch) -> dict[str, np.ndarray]:
    return {a.name: a.data for a in launch.arguments if isinstance(a, Buffer)}


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_every_kernel_has_quick_and_full_cases_with_distinct_names(symbol: str) -> None:
    quick, full = ([case.name for case in cases(symbol, effort)] for effort in ("quick", "full"))
    assert len(quick) >= 2 and set(quick) < set(full)
    assert len(set(full)) == len(full)


@pytest.mark.parametrize("symbol", SYMBOLS[::9])
def test_a_name_makes_the_same_case_again(symbol: str) -> None:
    name = identify(symbol)
    assert name is not None
    contract = contract_for(name)
    assert contract is not None
    for case in cases(symbol, "quick", seed=41):
        first, second = case.prepare(0), contract.case(name, case.name).prepare(0)
        assert "seed=41" in case.name
        assert first.launch.grid == second.launch.grid
        for left, right in zip(first.launch.arguments, second.launch.arguments, strict=True):
            assert np.array_equal(left.data, right.data)
        for one, other in zip(first.expectations, second.expectations, strict=True):
            assert np.array_equal(one.reference, other.reference, equal_nan=True)


def test_seeds_change_the_data_and_not_the_shapes() -> None:
    one, other = (cases("mul_mat_vec_q4_0_q8_1_cuda1", "quick", seed)[0] for seed in (0, 1))
    assert one.name.replace("seed=0", "seed=1") == other.name
    assert not np.array_equal(buffers(one.prepare(0).launch)["vx"], buffers(other.prepare(0).launch)["vx"])


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_poisons_differ_in_every_output_byte_and_cover_all_outputs(symbol: str) -> None:
    for case in cases(symbol, "quick"):
        first, second = case.prepare(0), case.prepare(1)
        outs = {a.name for a in first.launch.arguments if isinstance(a, Buffer) and a.role == "out"}
        assert outs == {expectation.buffer for expectation in first.expectations}
        for name in outs:
            assert (buffers(first.launch)[name] != buffers(second.launch)[name]).all()


VIEWS = {"quantize_q8_1": {"x": 4, "vy": 64}, "dequantize_mul_mat_vec_q4_K_cuda": {"y": 4}, "get_rows_f16": {"src1": 4}}


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_what_callers_may_point_into_a_buffer_is_aligned_no_better_in_one_of_the_runs(symbol: str) -> None:
    case = cases(symbol, "quick")[0]
    runs = [[a for a in case.prepare(run).launch.arguments if isinstance(a, Buffer)] for run in (0, 1)]
    assert not any(each.skew for each in runs[0])
    skewed = {each.name: each.skew for each in runs[1] if each.skew}
    assert skewed == VIEWS[symbol] if symbol in VIEWS else set(skewed) <= {"y", "src1"}


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_outputs_have_exactly_the_size_of_what_is_expected(symbol: str) -> None:
    for case in cases(symbol, "full"):
        prepared = case.prepare(0)
        for expectation in prepared.expectations:
            size = expectation.reference.size * np.dtype(expectation.element).itemsize
            assert buffers(prepared.launch)[expectation.buffer].size == size


def sizes(symbol: str, key: str) -> set[int]:
    """The values of one size over the full effort."""
    names = [dict(word.split("=") for word in case.name.split()) for case in cases(symbol, "full")]
    return {int(name[key]) for name in names}


MATRIX = ("dequantize_mul_mat_vec_q4_1_cuda", "mul_mat_vec_q4_K_q8_1_cuda1", "mul_mat_vec_q5_0_q8_1_cuda7")


@pytest.mark.parametrize(
    "symbol", [*MATRIX, "mul_mat_q6_K", "indexed_moe_forward_q3k_q8_1", "get_rows_f16", "quantize_q8_1"]
)
def test_full_effort_covers_the_rows_that_issue_names(symbol: str) -> None:
    assert {1, 31, 32, 33, 63, 64, 65} <= sizes(symbol, "rows")


@pytest.mark.parametrize("symbol", [*MATRIX, "mul_mat_q8_0", "indexed_moe_forward_q8_0_q8_1"])
def test_full_effort_has_columns_that_are_and_are_not_multiples_of_512(symbol: str) -> None:
    columns = sizes(symbol, "cols")
    assert any(c % 512 == 0 for c in columns) and any(c % 512 for c in columns)
    assert block_format(identify(symbol).type).elements in columns


@pytest.mark.parametrize("batch", range(2, 9))
def test_every_batch_meets_odd_rows_already_in_the_quick_effort(batch: int) -> None:
    assert any(
        int(case.name.split()[0].removeprefix("rows=")) % 2
        for case in cases(f"mul_mat_vec_q2_K_q8_1_cuda{batch}", "quick")
    )


@pytest.mark.parametrize("kind", ["q4_0", "q5_1", "q8_0", "q2_K", "q3_K", "q6_K"])
def test_full_effort_stands_on_the_tile_edges_and_one_beside(kind: str) -> None:
    from kernels.contracts.geometry import table

    tile_y, tile_x = (table()["mul_mat_q8_1"][key][kind] for key in ("tile_y", "tile_x"))
    names = [case.name for case in cases(f"mul_mat_{kind}", "full")]
    for edge in (-1, 0, 1):
        assert any(f"rows={tile_y + edge} " in name and f"batch={tile_x + edge} " in name for name in names)


@pytest.mark.parametrize("symbol", [*MATRIX, "mul_mat_q5_K", "dequantize_block_q2_K_f16", "get_rows_q5_1"])
def test_full_effort_names_every_weight_class(symbol: str) -> None:
    names = " ".join(case.name for case in cases(symbol, "full"))
    assert all(f"data={kind}" in names for kind in data.WEIGHTS)


def test_loud_activations_overflow_the_stored_sum_where_it_is_used_and_nothing_else() -> None:
    finite = {}
    for symbol in ("mul_mat_vec_q4_1_q8_1_cuda1", "mul_mat_q4_K", "mul_mat_vec_q4_K_q8_1_cuda1", "mul_mat_q5_0"):
        (loud,) = (case for case in cases(symbol, "full") if "data=loud" in case.name)
        finite[symbol] = np.isfinite(loud.prepare(0).expectations[0].reference)
    assert [values.all() for values in finite.values()] == [False, False, True, True]


@pytest.mark.parametrize("kind", ["q4_0", "q8_0", "q4_K", "q6_K"])
def test_the_class_every_holds_every_quant_byte(kind: str) -> None:
    form = block_format(kind)
    packed = data.weight_rows(kind, ["every"], 9, np.random.default_rng(0)).reshape(-1, form.bytes)
    for field in form.quants:
        view = form.field(packed, field)
        assert view.size < 256 or len(np.unique(view)) == 256


def test_mixed_cases_walk_through_all_weight_classes() -> None:
    assert set(data.weight_classes("mixed", 9)) == set(data.WEIGHTS)
    assert set(data.activation_classes("mixed", 8)) == set(data.ACTIVATIONS)


@pytest.mark.parametrize("kind", ["q4_0", "q5_1", "q2_K", "q6_K", "q8_K"])
def test_the_bytes_behind_the_weights_would_be_nan_in_any_scale(kind: str) -> None:
    from kernels.contracts.decode import decode

    form = block_format(kind)
    tail = data.hostile_tail(kind, 512).reshape(-1, form.bytes)
    assert tail.size == form.size(512)
    with np.errstate(all="ignore"):
        for field in form.halves:
            assert np.isnan(np.ascontiguousarray(form.field(tail, field)).view("<f2")).all()
        if kind == "q8_K":
            assert np.isnan(decode(kind, tail).value).all()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("rows=1", "expected rows=… cols=… data=… seed=…"),
        ("rows=1 cols=2 data=random seed=1 seed=2", "expected"),
        ("rows=1 cols=2 data=weird seed=1", "no data class 'weird'"),
        ("rows=-1 cols=2 data=random seed=1", "rows must be a whole number"),
        ("rows=1 cols=² data=random seed=1", "cols must be a whole number"),
    ],
)
def test_unreadable_names_say_what_is_wrong(name: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(name, ("rows", "cols"), ("random",))
