"""The filter line and the arrangement of rows, without a screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.views import KernelStatus
from tests.tui.fake import ARCHS, kernel, port
from tracker import selectors
from tracker.signs import FAILED, RANK, TOGGLES, cell_state, legend_counts, shown_state
from tracker.tui.entries import entries
from tracker.tui.filtering import FilterError, parse
from tracker.tui.model import GROUPINGS, GroupRow, View, arrange, fold, switch

ENTRIES = entries(port(), ARCHS)
PORT = [entry.kernel for entry in ENTRIES]
WORDS = st.sampled_from(
    ["q5_1", "mul", "!q4_0", "state:failed", "state:stale", "type:q*", "family:mul*", "batch:3", "x,q8"]
)


def matching(text: str) -> set[str]:
    """Symbols that a filter leaves."""
    return {kernel.symbol for kernel in arrange(ENTRIES, View(filter=text), ARCHS).shown}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Q5_1_F", {"dequantize_block_q5_1_f16", "dequantize_block_q5_1_f32"}),
        ("dequantize !f32 !q5_0", {"dequantize_block_q5_1_f16"}),
        ("state:failed", {"mul_mat_q5_1", "get_rows_f16", "dequantize_block_q5_1_f32"}),
        ("state:build-failed", {"get_rows_f16"}),
        ("state:verified", {"quantize_q8_1"}),
        ("state:stale", {"mul_mat_q5_1"}),
        ("state:failed arch:gfx1030", set()),
        ("port:drift", {"mul_mat_q5_0"}),
        ("batch:3 port:ported", {"mul_mat_vec_q5_1_q8_1_cuda3"}),
        ("*_cuda[12] type:q8_0", {"mul_mat_vec_q8_0_q8_1_cuda1", "mul_mat_vec_q8_0_q8_1_cuda2"}),
        ("file:get_rows.hip,quantize.hip", {"get_rows_f16", "quantize_q8_1", *()} | {
            "dequantize_block_q5_1_f16", "dequantize_block_q5_1_f32"}),
        ("q8_1 !mul", {"quantize_q8_1"}),
    ],
)  # fmt: skip
def test_words_of_the_filter(text: str, expected: set[str]) -> None:
    assert matching(text) == expected


@pytest.mark.parametrize(
    "selector", ["state:failed", "state:emulated", "state:stale", "type:q5_1", "family:mul_*", "state:none"]
)
def test_fields_mean_what_they_mean_on_the_command_line(selector: str) -> None:
    chosen = {kernel.symbol for kernel in selectors.select(selector, PORT, ARCHS).kernels}
    assert matching(selector) == chosen


@pytest.mark.parametrize(
    ("text", "words"),
    [("stat:failed", "try state"), ("state:faild", "failed"), ("arch:gfx9", "there are gfx90a, gfx1030, gfx1100")],
)
def test_what_is_no_filter_is_explained(text: str, words: str) -> None:
    with pytest.raises(FilterError, match=words):
        parse(text, ARCHS)


def test_what_no_contract_covers_can_be_found() -> None:
    found = entries([*port(), kernel("softmax_f32", "", "f32")], ARCHS)
    assert [each.symbol for each in arrange(found, View(filter="contract:none"), ARCHS).shown] == ["softmax_f32"]
    assert len(arrange(found, View(filter="!contract:none"), ARCHS).shown) == 40


def test_an_architecture_in_the_filter_leaves_its_column() -> None:
    assert arrange(ENTRIES, View(filter="arch:gfx1*"), ARCHS).archs == ("gfx1030", "gfx1100")


@given(st.lists(WORDS, max_size=4))
def test_more_words_never_show_more(words: list[str]) -> None:
    sizes = [len(matching(" ".join(words[:n]))) for n in range(len(words) + 1)]
    assert sizes == sorted(sizes, reverse=True)


@given(WORDS)
def test_a_word_and_its_opposite_part_the_kernels(word: str) -> None:
    opposite = word[1:] if word.startswith("!") else f"!{word}"
    assert matching(word) | matching(opposite) == {kernel.symbol for kernel in PORT}
    assert not matching(word) & matching(opposite)


@given(
    st.builds(
        View,
        filter=WORDS,
        only=st.frozensets(st.sampled_from(TOGGLES)),
        group=st.sampled_from(GROUPINGS),
        sort=st.sampled_from(["kernel", "port", "cuda", "hip", *ARCHS]),
        reverse=st.booleans(),
    )
)
def test_every_shown_kernel_has_one_row_and_folding_hides_rows_only(view: View) -> None:
    found = arrange(ENTRIES, view, ARCHS)
    rows = [row.key for row in found.rows if not isinstance(row, GroupRow)]
    assert sorted(rows) == sorted(entry.key for entry in found.total.members)
    heads = [row.key for row in found.rows if isinstance(row, GroupRow) and row.level == 0]
    folded = arrange(ENTRIES, fold(view, heads, True), ARCHS)
    assert folded.shown == found.shown
    assert [row.key for row in folded.rows] == (heads if view.group != "none" else rows)
    tops = [row for row in found.rows if isinstance(row, GroupRow) and row.level == 0]
    assert not tops or sum(len(row.members) for row in tops) == len(found.shown)


@pytest.mark.parametrize("arch", ARCHS)
def test_sorting_by_a_column_orders_by_how_far_the_cells_are(arch: str) -> None:
    shown = arrange(ENTRIES, View(group="none", sort=arch), ARCHS).shown
    ranks = [RANK[shown_state(kernel, arch)] for kernel in shown]
    assert ranks == sorted(ranks)


def test_numbers_in_symbols_sort_as_numbers() -> None:
    names = ["k10", "k9", "k1"]
    assert [found.kernel.symbol for found in entries((kernel(name, "f", "t") for name in names), ARCHS)] == [
        "k1",
        "k9",
        "k10",
    ]


def test_a_switch_turned_twice_changes_nothing() -> None:
    assert switch(switch(View(), "failed"), "failed") == View()


def test_the_legend_counts_what_its_switches_show() -> None:
    counts = legend_counts((entry.states for entry in ENTRIES), ARCHS)
    for state in TOGGLES:
        assert len(arrange(ENTRIES, View(only=frozenset({state})), ARCHS).shown) == counts.get(state, 0)


def test_two_kernels_of_one_name_are_two_rows() -> None:
    from dataclasses import replace

    from db.views import Location

    twins: list[KernelStatus] = [
        kernel("same", "f", "t"),
        replace(kernel("same", "f", "t"), baseline=Location("other.cu", 3)),
    ]
    assert len({row.key for row in arrange(entries(twins, ARCHS), View(group="none"), ARCHS).rows}) == 2


def test_failures_come_in_one_group_of_their_own() -> None:
    rows = arrange(ENTRIES, View(group="state"), ARCHS).rows
    failed = next(row for row in rows if isinstance(row, GroupRow) and row.title == "failed")
    assert all(any(cell_state(k, arch) in FAILED for arch in ARCHS) for k in failed.kernels)
