"""Kernels that Rust code asks for by name."""

from collections import Counter
from pathlib import Path

import pytest

from kernels import BASELINES
from kernels.contracts.geometry import block
from kernels.names import identify
from tracker.errors import UsageError
from tracker.scan import baseline
from tracker.scan.callers.compare import compare_callers
from tracker.scan.callers.facts import Request
from tracker.scan.callers.rust import scan_callers
from tracker.scan.facts import Kernel, Parameter, Place
from tracker.scan.pairing import RenameRules

from .conftest import candle_file

LAUNCHER = """
const WARP: usize = 32;
const BLOCK: usize = 8 * WARP;

fn one(dev: &Device) -> Result<()> {
    let func = dev.get_or_load_func("plain", &kernels::ALL)?;
    let cfg = LaunchConfig { grid_dim: (rows() as u32, 1, 1), block_dim: (BLOCK as u32, 2, 1), shared_mem_bytes: 0 };
    func.launch(cfg)
}

fn by_type(dev: &Device, dtype: DType, n: usize) -> Result<()> {
    let (kernel_name, block, blocks) = match dtype {
        // a comment
        DType::A => ("deq_a", 32, n),
        DType::B | DType::C => (
            "deq_bc",
            BLOCK,
            ceil_div(n, BLOCK),
        ),
        DType::D => ("deq_d", 64, 7),
        _ => crate::bail!("unsupported {dtype:?}"),
    };
    let func = dev.get_or_load_func(kernel_name, &kernels::ALL)?;
    let extra = match dtype {
        DType::A => 1,
        _ => 2,
    };
    let cfg = LaunchConfig { grid_dim: (blocks as u32, 1, 1), block_dim: (block as u32, extra, 1), smem: 0 };
    func.launch(cfg)
}

fn by_number(dev: &Device, dtype: DType, b_size: usize) -> Result<()> {
    if b_size == 0 || b_size > 3 {
        crate::bail!("only 1 to 3, got {b_size}")
    }
    let kernel_name = match dtype {
        DType::A => "mul_a_cuda",
        DType::B => "mul_b_cuda",
        _ => crate::bail!("unsupported"),
    };
    let kernel_name = format!("{kernel_name}{b_size}");
    let func = dev.get_or_load_func(&kernel_name, &kernels::ALL)?;
    let (blocks, warps) = match b_size {
        1 => (n as u32, 4),
        2..=3 => (n.div_ceil(2), 2),
        _ => crate::bail!("unexpected {b_size}"),
    };
    let cfg = LaunchConfig { grid_dim: (blocks, 1, 1), block_dim: (WARP as u32, warps, 1), shared_mem_bytes: 0 };
    func.launch(cfg)
}
"""


def names(requests: tuple[Request, ...]) -> list[str]:
    return [each.name for each in requests]


@pytest.fixture
def scan_rust(tmp_path: Path):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Scan a text as a Rust file."""

    def scan_rust(source: str) -> tuple[Request, ...]:
        file = tmp_path / "caller.rs"
        file.write_text(source)
        return scan_callers(file)

    return scan_rust


def test_names_are_literals_arms_and_formats(scan_rust) -> None:  # type: ignore[no-untyped-def]
    assert names(scan_rust(LAUNCHER)) == [
        "plain", "deq_a", "deq_bc", "deq_d",
        "mul_a_cuda1", "mul_a_cuda2", "mul_a_cuda3", "mul_b_cuda1", "mul_b_cuda2", "mul_b_cuda3",
    ]  # fmt: skip


def test_each_request_tells_where_it_is_and_where_its_name_is_written(scan_rust) -> None:  # type: ignore[no-untyped-def]
    requests = {each.name: each for each in scan_rust(LAUNCHER)}

    assert (requests["plain"].place, requests["plain"].function) == (Place("caller.rs", 6), "one")
    assert (requests["deq_bc"].place.line, requests["deq_bc"].spelled.line) == (23, 16)
    assert (requests["mul_b_cuda2"].place.line, requests["mul_b_cuda2"].spelled.line) == (42, 38)
    assert all(each.exact for each in requests.values())


def test_grid_and_block_belong_to_the_name_that_was_chosen(scan_rust) -> None:  # type: ignore[no-untyped-def]
    shapes = {each.name: (each.grid, each.block) for each in scan_rust(LAUNCHER)}

    assert shapes["plain"] == ((None, 1, 1), (256, 2, 1))
    assert shapes["deq_a"] == ((None, 1, 1), (32, 1, 1))
    assert shapes["deq_bc"] == ((None, 1, 1), (256, 2, 1))
    assert shapes["deq_d"] == ((7, 1, 1), (64, 2, 1))
    assert shapes["mul_a_cuda1"][1] == (32, 4, 1)
    assert shapes["mul_a_cuda3"][1] == (32, 2, 1)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('dev.get_or_load_func(&format!("k_{}", 3), m)', ["k_3"]),
        ('dev.get_or_load_func(&(String::from("a_") + "b"), m)', ["a_b"]),
        ('let n = if fast { "quick" } else { "slow" }; dev.get_or_load_func(n, m)', ["quick", "slow"]),
        ('for b in 1..=2 { let n = format!("k{b}"); dev.get_or_load_func(&n, m); }', ["k1", "k2"]),
        ('let n = "early"; let n = "late"; dev.get_or_load_func(n, m)', ["late"]),
        ('let n: &str = { let x = "inner"; x }; dev.get_or_load_func(n.to_string().as_str(), m)', ["inner"]),
        ('dev.get_func("module", NAME)', ["constant"]),
        ('dev.get_or_load_func(pick(t), m)', ["pick_a", "pick_b"]),
        ('module.get_function::<F>("turbo")', ["turbo"]),
        ('dev.get_or_load_func(name_of::<T>("root"), m)', ["root_*"]),
        ('println!("get_or_load_func"); other("not_a_kernel")', []),
        ('// dev.get_or_load_func("in_a_comment", m)', []),
    ],
)  # fmt: skip
def test_ways_to_write_a_name(scan_rust, body: str, expected: list[str]) -> None:  # type: ignore[no-untyped-def]
    source = """
    const NAME: &str = "constant";
    fn pick(t: DType) -> &'static str { match t { DType::A => "pick_a", DType::B => "pick_b", _ => panic!("no") } }
    fn name_of<T: Named>(root: &str) -> String { format!("{root}_{}", T::NAME) }
    fn caller(dev: &Device, t: DType, m: &Module, fast: bool) { %s }
    """

    assert names(scan_rust(source % body)) == expected


def test_a_function_that_hands_on_a_name_asks_for_what_its_callers_say(scan_rust) -> None:  # type: ignore[no-untyped-def]
    requests = scan_rust("""
    fn load(name: &str) -> Function { MODULE.get_function(name) }
    fn load_typed(root: &str) -> Function { load(&format!("{root}_f32")) }
    fn first() { load("one"); }
    fn second() { load_typed("two"); }
    """)

    assert sorted(names(requests)) == ["one", "two_f32"]


def test_a_number_without_a_bound_stays_open(scan_rust) -> None:  # type: ignore[no-untyped-def]
    (request,) = scan_rust('fn f(b: usize) { let n = format!("k{b}"); dev.get_or_load_func(&n, m); }')

    assert (request.name, request.exact) == ("k*", False)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.rs"):
        scan_callers(tmp_path / "nowhere.rs")


def kernel(symbol: str, max_threads: int | None = None) -> Kernel:
    place = Place("unit.hip", 1)
    parameters = (Parameter("p", "int *"),)
    return Kernel(symbol, symbol, (), parameters, place, None, None, max_threads, None, 0, "", (), ())


def test_the_three_ways_to_miss_each_other(scan_rust) -> None:  # type: ignore[no-untyped-def]
    requests = scan_rust("""
    fn f(dev: &Device) {
        dev.get_or_load_func("both", m);
        dev.get_or_load_func("mul_cuda1", m);
        dev.get_or_load_func("only_asked", m);
    }
    """)
    cuda = [kernel("both"), kernel("mul_cuda1"), kernel("unused")]
    hip = [kernel("both"), kernel("mul_hip1"), kernel("invented")]

    gap = compare_callers(requests, cuda, hip, RenameRules())

    assert [each.request.name for each in gap.not_in_cuda] == ["only_asked"]
    assert [(each.request.name, each.instead) for each in gap.not_in_hip] == [
        ("mul_cuda1", "mul_hip1"), ("only_asked", None)
    ]  # fmt: skip
    assert [each.symbol for each in gap.never_asked] == ["mul_hip1", "invented"]


def test_a_caller_with_hip_names_asks_for_the_renamed_kernels(scan_rust) -> None:  # type: ignore[no-untyped-def]
    requests = scan_rust('fn f(d: &Device) { d.get_or_load_func("mul_hip1", m); }')

    gap = compare_callers(requests, [kernel("mul_cuda1")], [kernel("mul_hip1")], RenameRules())

    assert (gap.not_in_cuda, gap.not_in_hip, gap.never_asked) == ((), (), ())


def test_a_launch_that_contradicts_bounds_or_contract_is_told(scan_rust) -> None:  # type: ignore[no-untyped-def]
    requests = scan_rust(LAUNCHER)
    hip = [kernel("plain", max_threads=256), kernel("deq_a", max_threads=64), kernel("deq_d")]

    gap = compare_callers(requests, [], hip, RenameRules(), {"deq_d": frozenset({(64, 1, 1)})})

    assert [(each.kernel, each.reason) for each in gap.misfits] == [
        ("plain", "a block of 512 threads is launched, __launch_bounds__ allows 256"),
        ("deq_d", "a block of (64, 2, 1) is launched, the contract has (64, 1, 1)"),
    ]


@pytest.mark.parametrize("commit", ["1a0f9ccf1", "5152ef621"])
def test_candles_launcher_asks_for_every_kernel_of_its_file_and_no_other(commit: str, tmp_path: Path) -> None:
    requests = scan_callers(candle_file(commit, "candle-core/src/quantized/cuda.rs", tmp_path))

    kernels = baseline.read(BASELINES / f"candle-{commit}.json").kernels
    assert Counter(names(requests)) == Counter(each.symbol for each in kernels)
    assert all(each.block and None not in each.block for each in requests)
    assert {each.name: each.block for each in requests} == {
        kernel.symbol: block(name) for kernel in kernels if (name := identify(kernel.symbol))
    }
