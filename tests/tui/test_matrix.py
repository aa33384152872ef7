"""The matrix: what is drawn, what keys do to it, and that it follows the data."""

import pytest
from textual.pilot import Pilot

from tests.tui.fake import Fake, cell, kernel
from tracker.tui.app import Kerntrack
from tracker.tui.messages import Loaded
from tracker.tui.model import GroupRow


async def settled(pilot: Pilot[None]) -> None:
    """Wait until the first load and all messages are through."""
    app = pilot.app
    assert isinstance(app, Kerntrack)
    for _ in range(200):
        await pilot.pause(0.01)
        if app.loaded or app.trouble:
            break
    await pilot.pause()


def screen_text(app: Kerntrack) -> str:
    """What stands on the screen."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_every_state_has_a_sign_that_needs_no_colour() -> None:
    app = Kerntrack(Fake())
    async with app.run_test(size=(120, 60)) as pilot:
        await settled(pilot)
        text = screen_text(app)
    for words in (
        "● verified",
        "◐ emulated",
        "○ compiled",
        "✗ verify",
        "✗ build",
        "✗ emulate",
        "⊘ unsupp.",
        "◐~emulated",
    ):
        assert words in text
    assert "≠ drifted" in text and "– missing" in text and "= ported" in text


async def test_emulated_is_never_counted_as_verified() -> None:
    source = Fake([kernel("a", "f", "t", states=["emulated"]), kernel("b", "f", "t", states=["verified"])])
    app = Kerntrack(source)
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        assert app.counts == {"emulated": 1, "verified": 1}
        assert "●1 ◐1" in screen_text(app)


async def test_a_filter_narrows_and_escape_drops_it() -> None:
    app = Kerntrack(Fake())
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *"q5_1", "enter")
        await pilot.pause()
        shown = app.main.matrix.arrangement.shown
        assert 0 < len(shown) < 40 and all("q5_1" in k.symbol for k in shown)
        assert f"{len(shown)} of 40 shown" in screen_text(app)
        assert app.focused is app.main.matrix
        await pilot.press("escape")
        await pilot.pause()
        assert len(app.main.matrix.arrangement.shown) == 40


async def test_a_wrong_filter_is_explained_and_leaves_the_rows() -> None:
    app = Kerntrack(Fake())
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *"famly:x")
        await pilot.pause()
        assert "no field 'famly:'; try family" in screen_text(app)
        assert len(app.main.matrix.arrangement.shown) == 40


async def test_the_cursor_stays_on_its_kernel_when_rows_come_and_go() -> None:
    source = Fake()
    app = Kerntrack(source, poll_seconds=0.02)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        matrix = app.main.matrix
        assert matrix.go_to("mul_mat_q5_1@candle-kernels/src/quantized.cu")
        source.kernels = [kernel("aaa", "aaa", "q4_0"), *source.kernels]
        source.change += 1
        for _ in range(100):
            await pilot.pause(0.02)
            if len(app.kernels) == 41:
                break
        assert len(app.kernels) == 41
        assert matrix.row and matrix.row.key.startswith("mul_mat_q5_1@")


async def test_the_view_follows_another_process_that_writes() -> None:
    source = Fake()
    messages: list[object] = []
    app = Kerntrack(source, poll_seconds=0.02)
    async with app.run_test(size=(120, 60), message_hook=messages.append) as pilot:
        await settled(pilot)
        source.replace("mul_mat_q5_1", archs={arch: cell("verified", arch=arch) for arch in source.archs})
        for _ in range(100):
            await pilot.pause(0.02)
            if app.counts["verified"] == 2:
                break
        assert app.counts["verified"] == 2
        assert sum(isinstance(message, Loaded) for message in messages) == 2


async def test_groups_fold_and_unfold() -> None:
    app = Kerntrack(Fake())
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        matrix = app.main.matrix
        await pilot.press("z")
        assert [type(row) for row in matrix.arrangement.rows] == [GroupRow] * 5
        await pilot.press("g", "enter")
        assert len(matrix.arrangement.rows) == 5 + 2 + 4
        await pilot.press("Z")
        assert len(matrix.arrangement.rows) > 40


@pytest.mark.parametrize("width, height", [(80, 24), (160, 50), (60, 15), (200, 20)])
async def test_it_fits_into_any_terminal(width: int, height: int) -> None:
    app = Kerntrack(Fake())
    async with app.run_test(size=(width, height)) as pilot:
        await settled(pilot)
        lines = screen_text(app).splitlines()
        assert len(lines) == height
        assert any("dequantize_block" in line for line in lines)
        assert "gfx1100" in lines[2]


async def test_a_click_on_a_title_sorts_and_a_second_one_reverses() -> None:
    app = Kerntrack(Fake())
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        matrix = app.main.matrix
        column = next(column for column in matrix.columns if column.name == "gfx90a")
        await pilot.press("b", "b", "b")
        await pilot.click(matrix, offset=(column.start + 1, 0))
        await pilot.pause()
        first, last = matrix.arrangement.shown[0], matrix.arrangement.shown[-1]
        assert (first.port, last.symbol) == ("missing", "quantize_q8_1")
        await pilot.click(matrix, offset=(column.start + 1, 0))
        await pilot.pause()
        assert matrix.arrangement.shown[0].symbol == "quantize_q8_1"


async def test_the_legend_switches_states() -> None:
    app = Kerntrack(Fake())
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("7")
        failed = {k.symbol for k in app.main.matrix.arrangement.shown}
        assert failed == {"mul_mat_q5_1", "get_rows_f16", "dequantize_block_q5_1_f32"}
        await pilot.press("6")
        assert {k.symbol for k in app.main.matrix.arrangement.shown} == failed | {"quantize_q8_1"}
        await pilot.press("escape")
        assert len(app.main.matrix.arrangement.shown) == 40
