"""The matrix: what is drawn, what keys and mouse do to it, and that it follows the data."""

import pytest
from textual.events import Key
from textual.message import Message
from textual.screen import Screen

from tests.tui.fake import Fake, cell, kernel
from tests.tui.pilots import notes, running, screen_text, shown, until
from tracker.tui.app import Kerntrack
from tracker.tui.commands import own
from tracker.tui.messages import Loaded
from tracker.tui.model import GroupRow
from tracker.tui.screens.columns import ColumnsScreen
from tracker.tui.screens.menu import Menu
from tracker.tui.screens.viewer import ViewerScreen
from tracker.tui.widgets.textpane import TextPane

SIGNS = ("● verified", "◐ emulated", "○ compiled", "✗ verify", "✗ build", "✗ emulate", "⊘ unsupp.", "◐~emulated")


async def test_every_state_has_a_sign_that_needs_no_colour() -> None:
    async with running(size=(120, 60)) as (app, _):
        text = screen_text(app)
    for words in (*SIGNS, "≠ drifted", "– missing", "= ported", "· not built"):
        assert words in text


async def test_narrow_columns_show_signs_alone_and_stay_readable() -> None:
    async with running(size=(60, 60)) as (app, _):
        text = screen_text(app)
    assert "emulated~" not in text and "verified" not in text.splitlines()[6]
    for sign in "●◐○✗⊘·–≠~":
        assert sign in text


async def test_emulated_is_never_counted_as_verified() -> None:
    source = Fake([kernel("a", "f", "t", states=["emulated"]), kernel("b", "f", "t", states=["verified"])])
    async with running(source) as (app, _):
        assert app.counts == {"emulated": 1, "verified": 1}
        assert "●1 ◐1" in screen_text(app)


async def test_a_stale_pass_is_not_counted_as_a_pass() -> None:
    source = Fake([kernel("a", "f", "t", states=["verified~"]), kernel("b", "f", "t", states=["emulated~"])])
    async with running(source) as (app, _):
        assert app.counts == {"stale": 2}
        assert "~2" in screen_text(app) and "●1" not in screen_text(app)


async def test_a_filter_narrows_and_escape_drops_it() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *"q5_1", "enter")
        await pilot.pause()
        assert len(shown(app)) == 11 and all("q5_1" in symbol for symbol in shown(app))
        assert "11 of 40 shown" in screen_text(app)
        assert app.focused is app.main.matrix
        await pilot.press("escape")
        await pilot.pause()
        assert len(shown(app)) == 40


async def test_keys_that_come_all_at_once_are_typed_into_the_filter() -> None:
    source = Fake()
    async with running(source) as (app, pilot):
        for key, character in [("slash", "/"), *((c, c) for c in "quantize_q8")]:
            app.post_message(Key(key, character))
        await until(pilot, lambda: app.main.view.filter == "quantize_q8")
        assert app.is_running and not app.queue.jobs()
        assert shown(app) == {"quantize_q8_1"}


async def test_a_wrong_filter_is_explained_and_the_words_before_it_hold() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *"q5_1 famly:x")
        await pilot.pause()
        assert "no field 'famly:'; try family" in screen_text(app)
        assert len(shown(app)) == 11


async def test_the_cursor_stays_on_its_kernel_when_rows_come_and_go() -> None:
    source = Fake()
    async with running(source) as (app, pilot):
        matrix = app.main.matrix
        assert matrix.go_to("mul_mat_q5_1@candle-kernels/src/quantized.cu")
        source.kernels = [kernel("aaa", "aaa", "q4_0"), *source.kernels]
        source.change += 1
        await until(pilot, lambda: len(app.kernels) == 41)
        assert matrix.row and matrix.row.key.startswith("mul_mat_q5_1@")


async def test_the_view_follows_another_process_that_writes() -> None:
    source, seen = Fake(), list[Message]()
    async with running(source, seen=seen) as (app, pilot):
        source.replace("mul_mat_q5_1", archs={arch: cell("verified", arch=arch) for arch in source.archs})
        await until(pilot, lambda: app.counts["verified"] == 2)
        assert sum(isinstance(message, Loaded) for message in seen) == 2


async def test_what_becomes_stale_is_said_at_once() -> None:
    source = Fake()
    async with running(source) as (app, pilot):
        assert not notes(app), "what was stale at the start is no news"
        source.replace("quantize_q8_1", archs={arch: cell("emulated", False, arch) for arch in source.archs})
        await until(pilot, lambda: "quantize_q8_1 (8 shows them)" in notes(app))
        await pilot.press("8")
        assert shown(app) == {"quantize_q8_1", "mul_mat_q5_1"}


async def test_groups_fold_by_key_and_by_double_click() -> None:
    async with running() as (app, pilot):
        matrix = app.main.matrix
        await pilot.press("z")
        assert [type(row) for row in matrix.arrangement.rows] == [GroupRow] * 5
        await pilot.press("g", "enter")
        assert len(matrix.arrangement.rows) == 5 + 2 + 4
        await pilot.double_click(matrix, offset=(5, 2))
        await pilot.pause()
        assert len(matrix.arrangement.rows) == 5
        await pilot.press("Z")
        assert len(matrix.arrangement.rows) > 40


async def test_grouping_goes_round() -> None:
    async with running() as (app, pilot):
        for group in ("file", "state", "none", "family"):
            await pilot.press("b")
            assert app.main.view.group == group
        await pilot.press("b", "b")
        titles = [row.title for row in app.main.matrix.arrangement.rows if isinstance(row, GroupRow)]
        assert set(titles) == {"missing", "drifted", "none", "emulated", "failed"}


@pytest.mark.parametrize("width, height", [(80, 24), (160, 50), (60, 15), (200, 20)])
async def test_it_fits_into_any_terminal(width: int, height: int) -> None:
    async with running(size=(width, height)) as (app, pilot):
        await until(pilot, lambda: "Verify" in screen_text(app).splitlines()[-1])
        lines = screen_text(app).splitlines()
    assert len(lines) == height and all(len(line) == width for line in lines)
    assert any("dequantize_block" in line for line in lines)
    assert "gfx1100" in lines[2] and ("Help" in lines[-1] or width < 80)


async def test_a_click_on_a_title_sorts_and_a_second_one_reverses() -> None:
    async with running() as (app, pilot):
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
        assert "gfx90a▼" in screen_text(app)


async def test_the_sort_key_goes_through_the_columns() -> None:
    async with running() as (app, pilot):
        names = [column.name for column in app.main.matrix.columns]
        for name in [*names[1:], names[0]]:
            await pilot.press("o")
            assert app.main.view.sort == name


async def test_the_legend_switches_states_by_number_and_by_click() -> None:
    async with running() as (app, pilot):
        await pilot.press("7")
        failed = {"mul_mat_q5_1", "get_rows_f16", "dequantize_block_q5_1_f32"}
        assert shown(app) == failed
        await pilot.press("6")
        assert shown(app) == failed | {"quantize_q8_1"}
        await pilot.press("escape")
        assert len(shown(app)) == 40
        await pilot.click("#legend", offset=(3, 0))
        await pilot.pause()
        assert len(shown(app)) == 26


async def test_the_detail_pane_shows_the_evidence_of_the_cursor() -> None:
    async with running() as (app, pilot):
        app.main.matrix.go_to("dequantize_block_q5_1_f32@candle-kernels/src/quantized.cu")
        await pilot.press("right")
        await pilot.pause()
        text = app.main.query_one(TextPane).content.plain
    for words in (
        "✗ emulation failed",
        "24 cases on the emulator",
        "0.5 > 1.2e-06 allowed",
        "abs 1 · bad 3",
        "ziglang-0.17.1 clang-22.1.8",
        "c0dec0dec0dec0de · holds",
        "y[17] expected 17.0 got 18.0",
        "3 of 4096 elements are wrong",
        "VGPR 24",
        "dequantize/1 · quick · seed 0",
    ):
        assert words in text
    assert "gfx1030" not in text, "the cursor stands in the column of gfx90a"


async def test_a_failed_build_shows_the_compilers_words() -> None:
    async with running(size=(160, 40)) as (app, pilot):
        app.main.matrix.go_to("get_rows_f16@candle-kernels/src/quantized.cu")
        await pilot.pause()
        assert "kernel.hip:12:5: error: no member named 'w'" in screen_text(app)


async def test_marks_gather_rows_ranges_groups_and_all_that_is_shown() -> None:
    async with running() as (app, pilot):
        matrix = app.main.matrix
        matrix.go_to("mul_mat_vec_q4_0_q8_1_cuda1@candle-kernels/src/quantized.cu")
        await pilot.press("space")
        assert len(app.main.marks) == 1 and matrix.row and "cuda2" in matrix.row.key
        await pilot.press("j", "j", "r")
        assert len(app.main.marks) == 4
        await pilot.press("shift+down", "shift+down")
        assert len(app.main.marks) == 6
        await pilot.press("escape", "g", "space")
        assert {key.partition("_block")[0] for key in app.main.marks} == {"dequantize"} and len(app.main.marks) == 4
        await pilot.press("g", "space")
        assert not app.main.marks
        await pilot.press("slash", *"q6_K", "enter", "ctrl+a")
        assert len(app.main.marks) == 8 and "8 marked" in screen_text(app)


async def test_an_empty_project_says_what_to_do() -> None:
    async with running(Fake([])) as (app, _):
        assert "press s to scan" in screen_text(app)


async def test_cursor_and_evidence_move_in_one_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(size=(160, 40)) as (app, pilot):
        await pilot.pause(0.2)
        frames: list[str] = []
        display = app._display

        def displayed(screen: Screen[None], renderable: object) -> None:
            display(screen, renderable)
            frames.append(screen_text(app))

        monkeypatch.setattr(app, "_display", displayed)
        await pilot.press("j", "j", "j")
        await pilot.pause()
        assert len(frames) == 3 and frames[-1].count("dequantize_block_q5_0_f32") == 2


async def test_columns_can_be_hidden_and_actions_leave_them_out() -> None:
    source = Fake()
    async with running(source, size=(160, 40)) as (app, pilot):
        assert "CUDA" in header(app)
        await pilot.press("vertical_line")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        await pilot.press("j", "space", "G", "space", "k", "space", "escape")
        await until(pilot, lambda: app.main.view.hidden == {"gfx1030", "hip", "cuda"})
        assert header(app) == ["KERNEL▲", "PORT", "gfx90a", "gfx1100"]
        app.main.matrix.go_to("dequantize_block_q5_1_f16@candle-kernels/src/quantized.cu")
        await pilot.press("v")
        await until(pilot, lambda: any(call[0] == "verify" for call in source.calls))
        asked = next(call for call in source.calls if call[0] == "verify")
        assert asked[2] == ("gfx90a", "gfx1100")


async def test_the_last_architecture_cannot_be_hidden() -> None:
    async with running() as (app, pilot):
        await pilot.press("vertical_line")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        await pilot.press("space", "down", "space", "down", "space", "escape")
        await until(pilot, lambda: "one architecture at least must be shown" in notes(app))
        assert not app.main.view.hidden


async def test_the_focused_pane_is_enlarged_and_put_back() -> None:
    async with running(size=(80, 24)) as (app, pilot):
        app.main.matrix.go_to("dequantize_block_q5_1_f32@candle-kernels/src/quantized.cu")
        detail = app.main.query_one(TextPane)
        await pilot.press("tab", "plus")
        await until(pilot, lambda: detail.size.height > 20)
        assert "VGPR 24" in screen_text(app) and "+ Restore" in screen_text(app)
        await pilot.press("plus")
        await until(pilot, lambda: detail.size.height < 10)
        await pilot.press("plus", "escape")
        await until(pilot, lambda: detail.size.height < 10)
        assert app.focused is detail


async def test_an_enlarged_matrix_can_be_filtered() -> None:
    async with running(size=(80, 24)) as (app, pilot):
        await pilot.press("plus", "slash", *"q5_1")
        await until(pilot, lambda: app.main.matrix.size.height > 20 and len(shown(app)) == 11)
        assert screen_text(app).splitlines()[-1].split()[:2] == ["/", "q5_1"]


async def test_a_cell_fills_the_screen_and_stands_still() -> None:
    source = Fake()
    async with running(source, size=(80, 24)) as (app, pilot):
        app.main.matrix.go_to("mul_mat_q5_1@candle-kernels/src/quantized.cu")
        await pilot.press("right", "i")
        await until(pilot, lambda: isinstance(app.screen, ViewerScreen))
        assert "y[17] expected 17.0 got 18.0" in screen_text(app) and "code" in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: "y[17] expected 17.0" in app.clipboard)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_a_right_click_offers_what_can_be_done_with_the_row() -> None:
    source = Fake()
    async with running(source, size=(120, 40)) as (app, pilot):
        await pilot.click(app.main.matrix, offset=(8, 7), button=3)
        await until(pilot, lambda: isinstance(app.screen, Menu))
        text = screen_text(app)
        assert "dequantize_block_q5_1_f16" in text
        for command in own("matrix"):
            assert (command.meaning[:40] in text) == command.row, command
        await pilot.press("c")
        await until(pilot, lambda: ("compile", ("dequantize_block_q5_1_f16",), source.archs) in source.calls)


async def test_the_menu_of_a_read_only_program_changes_nothing() -> None:
    async with running(readonly=True) as (app, pilot):
        await pilot.click(app.main.matrix, offset=(8, 7), button=3)
        await until(pilot, lambda: isinstance(app.screen, Menu))
        assert "Build what is missing" not in screen_text(app) and "Open the kernel" in screen_text(app)


async def test_a_pause_freezes_the_rows_and_catches_up_after() -> None:
    source = Fake()
    async with running(source) as (app, pilot):
        await pilot.press("p")
        await until(pilot, lambda: "p Resume" in screen_text(app) and "· paused" in screen_text(app))
        source.replace("mul_mat_q5_1", archs={arch: cell("verified", arch=arch) for arch in source.archs})
        await until(pilot, lambda: "paused, older than the database" in screen_text(app))
        assert app.counts["verified"] == 1
        await pilot.press("p")
        await until(pilot, lambda: app.counts["verified"] == 2)
        assert "paused" not in screen_text(app) and "p Resume" not in screen_text(app)


def header(app: Kerntrack) -> list[str]:
    """The titles of the columns."""
    return screen_text(app).splitlines()[2].partition("│")[0].split()
