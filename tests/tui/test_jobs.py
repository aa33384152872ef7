"""Work started from the matrix: what is asked for, how it is shown, cancelled, repeated and refused."""

from textual.message import Message

from tests.tui.fake import ARCHS, Fake
from tests.tui.pilots import notes, running, screen_text, until
from tracker.tui.app import Kerntrack
from tracker.tui.messages import JobsChanged
from tracker.tui.screens.confirm import Confirm
from tracker.tui.screens.jobs import JobsScreen
from tracker.tui.widgets.textpane import TextPane

Q5_1 = "mul_mat_q5_1@candle-kernels/src/quantized.cu"


def states(app: Kerntrack) -> list[str]:
    """The jobs' states, oldest first."""
    return [job.state for job in app.jobs]


async def test_verify_is_about_the_row_and_the_architecture_under_the_cursor() -> None:
    source, seen = Fake(), list[Message]()
    async with running(source, seen=seen) as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("v")
        await until(pilot, lambda: states(app) == ["done"])
        await pilot.press("right", "right", "v")
        await until(pilot, lambda: states(app) == ["done", "done"])
    asked = [call for call in source.calls if call[0] == "verify"]
    assert asked == [("verify", ("mul_mat_q5_1",), ARCHS, False), ("verify", ("mul_mat_q5_1",), ("gfx1030",), False)]
    assert any(isinstance(message, JobsChanged) for message in seen)


async def test_one_key_acts_on_all_marked_rows_and_leaves_out_what_has_no_port() -> None:
    source = Fake()
    async with running(source) as (app, pilot):
        await pilot.press("slash", *"type:q5_0,q5_1 family:dequantize", "enter", "ctrl+a", "c")
        await until(pilot, lambda: states(app) == ["done"])
        await until(pilot, lambda: "2 of 4 have no port and are left out" in notes(app))
    asked = [call for call in source.calls if call[0] == "compile"]
    assert asked == [("compile", ("dequantize_block_q5_1_f16", "dequantize_block_q5_1_f32"), ARCHS)]


async def test_scan_reloads_the_matrix() -> None:
    source = Fake()
    async with running(source) as (app, pilot):
        loads = source.calls.count(("statuses",))
        await pilot.press("s")
        await until(pilot, lambda: states(app) == ["done"] and source.calls.count(("statuses",)) > loads)


async def test_nothing_is_started_where_there_is_no_port() -> None:
    source = Fake()
    async with running(source) as (app, pilot):
        app.main.matrix.go_to("dequantize_block_q5_0_f16@candle-kernels/src/quantized.cu")
        await pilot.press("v")
        await until(pilot, lambda: "nothing to verify: no HIP kernel here" in notes(app))
        assert not app.queue.jobs()


async def test_a_running_job_shows_progress_and_cancel_leaves_the_app_usable() -> None:
    source = Fake()
    source.release.clear()
    async with running(source) as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("v")
        await until(pilot, lambda: "verify begins" in screen_text(app))
        assert "1/4" in screen_text(app) and "x Cancel" in screen_text(app)
        await pilot.press("j", "k", "x")
        await until(pilot, lambda: states(app) == ["cancelled"])
        assert "x Cancel" not in screen_text(app)
        await pilot.press("slash", *"q6", "enter")
        await pilot.pause()
        assert "8 of 40 shown" in screen_text(app)


async def test_bad_news_is_not_shown_as_a_broken_job() -> None:
    source = Fake()
    source.good = False
    async with running(source) as (app, pilot):
        await pilot.press("V")
        await until(pilot, lambda: states(app) == ["bad news"])
        assert "verify: 1 failed" in screen_text(app)


async def test_the_jobs_screen_lists_logs_cancels_and_runs_again() -> None:
    source = Fake()
    source.release.clear()
    async with running(source) as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("c", "J")
        await until(pilot, lambda: "warning: unused variable" in screen_text(app))
        assert "compile mul_mat_q5_1 on 3 archs" in screen_text(app) and "1/4" in screen_text(app)
        await pilot.press("x")
        await until(pilot, lambda: states(app) == ["cancelled"])
        source.release.set()
        await pilot.press("r")
        await until(pilot, lambda: states(app) == ["cancelled", "done"])
        await pilot.press("home", "y")
        await until(pilot, lambda: "compile: all good" in app.clipboard)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.main


async def test_the_same_work_waits_only_once() -> None:
    source = Fake()
    source.release.clear()
    async with running(source) as (app, pilot):
        await pilot.press("s", "s", "s", "s")
        await until(pilot, lambda: states(app) == ["running", "queued"])
        source.release.set()
        await until(pilot, lambda: states(app) == ["done", "done"])


async def test_all_jobs_are_cancelled_by_one_key() -> None:
    source = Fake()
    source.release.clear()
    async with running(source) as (app, pilot):
        await pilot.press("s", "V", "C")
        await until(pilot, lambda: len(app.jobs) == 3)
        assert ("verify", (), ARCHS, False) in source.calls or len(source.calls) < 4, "all kernels need no names"
        await pilot.press("X")
        await until(pilot, lambda: states(app) == ["cancelled"] * 3)


async def test_readonly_starts_nothing() -> None:
    source = Fake()
    async with running(source, readonly=True) as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("s", "c", "v", "C", "V", "A", "w")
        await pilot.pause(0.1)
        assert not app.queue.jobs() and not app.watching
        assert "read-only" in screen_text(app)


async def test_quitting_during_a_job_asks_and_no_is_the_default() -> None:
    source = Fake()
    source.release.clear()
    async with running(source) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: states(app) == ["running"])
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
    assert [job.state for job in app.queue.jobs()] == ["cancelled"]


async def test_quitting_by_a_capital_asks_nothing() -> None:
    source = Fake()
    source.release.clear()
    async with running(source) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: states(app) == ["running"])
        await pilot.press("Q")
    assert [job.state for job in app.queue.jobs()] == ["cancelled"]


async def test_panes_and_lists_take_the_keys_of_the_matrix() -> None:
    async with running(size=(100, 24)) as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        detail = app.main.query_one(TextPane)
        await pilot.press("tab", "j", "j")
        await until(pilot, lambda: detail.scroll_offset.y == 2)
        await pilot.press("G")
        await until(pilot, lambda: detail.scroll_offset.y == detail.max_scroll_y > 10)
        await pilot.press("ctrl+u")
        await until(pilot, lambda: detail.scroll_offset.y < detail.max_scroll_y)
        await pilot.press("g")
        await until(pilot, lambda: detail.scroll_offset.y == 0)
        await pilot.press("s", "c", "J")
        await until(pilot, lambda: isinstance(app.screen, JobsScreen) and states(app) == ["done", "done"])
        await pilot.press("j")
        await until(pilot, lambda: isinstance(app.screen, JobsScreen) and app.screen.chosen == 1)
        await pilot.press("k")
        await until(pilot, lambda: isinstance(app.screen, JobsScreen) and app.screen.chosen == 2)
