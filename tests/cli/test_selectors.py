"""Selectors: every form, their combinations, and mistakes in them."""

import time

import pytest

from db.views import ArchState, ArchStatus, KernelStatus
from kernels.names import identify
from tracker.errors import UsageError
from tracker.selectors import select

ARCHS = ("gfx90a", "gfx1100")


def kernel(symbol: str, state: ArchState = "none", fresh: bool = True, port: str | None = None) -> KernelStatus:
    name = identify(symbol)
    return KernelStatus(
        symbol=symbol,
        family=name.family if name else "",
        type=name.type if name else "",
        batch=name.batch if name else None,
        baseline=None,
        port="missing" if state == "none" else "ported",
        port_symbol=port,
        port_location=None,
        differences=(),
        archs={"gfx90a": ArchStatus(state, fresh), "gfx1100": ArchStatus("none", True)},
    )


KERNELS = [
    kernel("dequantize_block_q5_1_f32", "emulated", fresh=False),
    kernel("dequantize_block_q2_K_f16"),
    kernel("mul_mat_vec_q5_1_q8_1_cuda3", "emulation failed", port="mul_mat_vec_q5_1_q8_1_hip3"),
    kernel("mul_mat_q4_0", "verify failed"),
    kernel("rope_f32", "compiled"),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("q5_1", [0, 2]),
        ("q2_k", [1]),
        ("type:q2k", [1]),
        ("rope_f32", [4]),
        ("mul_mat_*", [2, 3]),
        ("*_hip3", [2]),
        ("family:dequantize", [0, 1]),
        ("family:mul*", [2, 3]),
        ("q5_1 family:dequantize", [0]),
        ("q5_1,q4_0", [0, 2, 3]),
        ("q5_1,rope_f32 state:failed,state:compiled", [2, 4]),
        ("state:failed", [2, 3]),
        ("state:emulation-failed", [2]),
        ("state:stale", [0]),
        ("state:missing", [1]),
        ("state:ported family:dequantize", [0]),
    ],
)
def test_what_a_selector_chooses(text: str, expected: list[int]) -> None:
    assert select(text, KERNELS, ARCHS).kernels == [KERNELS[index] for index in expected]


def test_arch_words_choose_columns() -> None:
    chosen = select(["q5_1", "arch:gfx1100"], KERNELS, ARCHS)
    assert chosen.archs == ["gfx1100"]
    assert chosen.kernels == [KERNELS[0], KERNELS[2]]


def test_state_and_arch_speak_of_the_same_cell() -> None:
    with pytest.raises(UsageError, match="all of: state:failed arch:gfx1100"):
        select("state:failed arch:gfx1100", KERNELS, ARCHS)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("q5_7", "q5_1"),
        ("family:dequantise", "family:dequantize"),
        ("arch:gfx90b", "arch:gfx90a"),
        ("dequantize_block_q5_1_f64", "dequantize_block_q5_1_f32"),
        ("q5_1,q7_0", "q4_0"),
        ("stat:failed", "did you mean 'state:'?"),
        ("state:emulatd", "emulated"),
    ],
)
def test_nothing_matched_names_near_matches(text: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        select(text, KERNELS, ARCHS)
    assert near in caught.value.remedy


def test_thousands_of_symbols_are_chosen_at_once() -> None:
    many = [kernel(f"kernel_{number}") for number in range(5000)]
    started = time.perf_counter()
    chosen = select(",".join(one.symbol for one in many), many, ARCHS)
    assert len(chosen.kernels) == 5000
    assert time.perf_counter() - started < 5  # seconds; one test per pair of them would take minutes
