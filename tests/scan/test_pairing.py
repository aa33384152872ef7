"""CUDA kernels and their HIP twins."""

import pytest

from tracker.errors import UsageError
from tracker.scan.facts import Kernel, Parameter, Place
from tracker.scan.pairing import Pair, RenameRules, pair

RULES = RenameRules()


def kernel(symbol: str, *parameters: str) -> Kernel:
    """`parameters` are written `TYPE NAME`."""
    split = (each.rpartition(" ") for each in parameters)
    return Kernel(
        symbol=symbol,
        name=symbol,
        template_arguments=(),
        parameters=tuple(Parameter(name, type_) for type_, _space, name in split),
        place=Place("unit", 1),
        macro=None,
        macro_place=None,
        max_threads=None,
        min_blocks=None,
        static_lds=0,
        fingerprint="",
        helpers=(),
        structs=(),
    )


def summary(pairs: list[Pair]) -> list[tuple[str | None, str | None, str]]:
    return [(each.cuda and each.cuda.symbol, each.hip and each.hip.symbol, each.state) for each in pairs]


def differences(cuda: list[str], hip: list[str]) -> tuple[str, ...]:
    (found,) = pair([kernel("k", *cuda)], [kernel("k", *hip)], RULES)
    assert found.state == ("drifted" if found.differences else "ported")
    return found.differences


def test_kernels_pair_by_symbol_then_by_rule_and_the_rest_is_missing_or_extra() -> None:
    cuda = [kernel("same"), kernel("mul_cuda1"), kernel("mul_cuda2"), kernel("lost")]
    hip = [kernel("invented"), kernel("mul_hip1"), kernel("mul_cuda2"), kernel("same")]

    assert summary(pair(cuda, hip, RULES)) == [
        ("same", "same", "ported"),
        ("mul_cuda1", "mul_hip1", "ported"),
        ("mul_cuda2", "mul_cuda2", "ported"),
        ("lost", None, "missing"),
        (None, "invented", "extra"),
    ]


def test_a_renamed_kernel_does_not_take_the_place_of_one_with_the_same_symbol() -> None:
    cuda = [kernel("k_cuda"), kernel("k_hip")]
    hip = [kernel("k_hip")]

    assert summary(pair(cuda, hip, RULES)) == [("k_cuda", None, "missing"), ("k_hip", "k_hip", "ported")]


def test_rules_may_be_regular_expressions_and_work_alone_or_together() -> None:
    rules = RenameRules((("_cuda", "_hip"), (r"^quantize_(\w+)$", r"quant_\1_rocm")))
    cuda = [kernel("quantize_q8_1"), kernel("quantize_q8_1_cuda"), kernel("other_cuda")]
    hip = [kernel("quant_q8_1_rocm"), kernel("quant_q8_1_hip_rocm"), kernel("other_hip")]

    assert [each.state for each in pair(cuda, hip, rules)] == ["ported"] * 3


def test_a_rule_that_is_no_regular_expression_is_named() -> None:
    with pytest.raises(UsageError, match=r"rename rule '\(_cuda'"):
        pair([kernel("k")], [], RenameRules((("(_cuda", "_hip"),)))


def test_names_of_parameters_may_differ() -> None:
    assert differences(["const void * vx", "int n"], ["const void * weights", "int count"]) == ()


@pytest.mark.parametrize(
    ("cuda", "hip"),
    [
        ("const __nv_bfloat16 * x", "const __hip_bfloat16 * x"),
        ("unsigned long n", "unsigned long long n"),
        ("long * n", "long long * n"),
    ],
)
def test_types_with_one_layout_are_the_same(cuda: str, hip: str) -> None:
    assert differences([cuda], [hip]) == ()


def test_a_missing_parameter_is_named_even_if_others_have_its_type() -> None:
    cuda = ["const void * vx", "float * dst", "int ncols", "int nrows", "int stride"]
    hip = ["const void * vx", "float * dst", "int ncols", "int stride"]

    assert differences(cuda, hip) == ("parameter 4 `nrows` (int) is missing",)


def test_an_extra_parameter_is_named() -> None:
    assert differences(["int * p"], ["int * p", "int n"]) == ("parameter 2 `n` (int) is extra",)


def test_another_type_is_named_with_both_types() -> None:
    assert differences(["const float * y", "int n"], ["const __half * y", "int n"]) == (
        "parameter 1 `y` is const float * in CUDA, const __half * in HIP",
    )


def test_constness_tells_input_from_output() -> None:
    assert differences(["const float * x", "float * y"], ["float * x", "const float * y"]) == (
        "parameters in another order: CUDA has (x, y), HIP has (x, y)",
    )


def test_two_parameters_of_one_type_swapped_are_told_by_their_names() -> None:
    assert differences(["int ncols", "int nrows"], ["int nrows", "int ncols"]) == (
        "parameters in another order: CUDA has (ncols, nrows), HIP has (nrows, ncols)",
    )


def test_several_differences_are_all_told() -> None:
    found = differences(["const void * vx", "float * y", "int k"], ["const void * vx", "__half * y", "int k", "int n"])

    assert found == (
        "parameter 2 `y` is float * in CUDA, __half * in HIP",
        "parameter 4 `n` (int) is extra",
    )
