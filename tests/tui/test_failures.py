"""No thread dies silently: a failure injected anywhere is a failed job that can be seen and read."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.fake import Fake
from tests.tui.pilots import notes, running, screen_text, until
from tracker.jobs import watching
from tracker.tui import core
from tracker.tui.app import Kerntrack

Press = Callable[[Kerntrack, Pilot[None]], Awaitable[None]]
Q5_1 = "mul_mat_q5_1@candle-kernels/src/quantized.cu"


def keys(*names: str) -> Press:
    """Press these with the cursor on a kernel that has a port."""

    async def press(app: Kerntrack, pilot: Pilot[None]) -> None:
        app.main.matrix.go_to(Q5_1)
        for name in names:
            await pilot.press(name)
            await pilot.pause(0.02)

    return press


INJECTED: dict[str, tuple[str, Press]] = {
    "reading the matrix": ("statuses", keys()),
    "following the database": ("version", keys()),
    "reading a kernel's page": ("page", keys("enter")),
    "reading the progress": ("outcomes", keys("m")),
    "reading the history": ("runs", keys("H")),
    "watching the workers": ("workers", keys("W")),
    "finding the build command": ("page", keys("Y")),
    "finding the names": ("names", keys("y", "n")),
    "finding the port for the editor": ("locate", keys("e")),
    "finding the baseline for the editor": ("locate", keys("E")),
    "finding what to watch": ("watched", keys("w")),
    "scanning": ("scan", keys("s")),
    "compiling": ("compile", keys("c")),
    "verifying": ("verify", keys("v")),
    "verifying again": ("verify", keys("A")),
    "compiling from the kernel's page": ("compile", keys("enter", "c")),
}


@pytest.mark.parametrize("work", INJECTED)
async def test_an_injected_failure_is_visible(work: str) -> None:
    method, act = INJECTED[work]
    source = Fake()
    source.fail.add(method)
    async with running(source) as (app, pilot):
        await act(app, pilot)
        await until(pilot, lambda: any(job.state == "failed" for job in app.jobs))
        expected = f"injected failure in {method}"
        assert any(expected in note for note in notes(app))
        if len(app.screen_stack) > 1:
            await pilot.press("escape")
        assert "✗" in screen_text(app).splitlines()[-2], "the job line shows the failure"
        await pilot.press("J")
        await until(pilot, lambda: expected in screen_text(app))


async def test_an_unwritable_state_file_is_no_reason_to_fall(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with running(memory_file=tmp_path / "file" / "view.json") as (app, _):
        pass
    assert [job.title for job in app.failures] == ["remember the view"]


async def test_a_lost_database_keeps_the_rows_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "RETRY_SECONDS", 0.05)
    source = Fake()
    async with running(source) as (app, pilot):
        source.fail |= {"statuses", "version"}
        app.reload()
        await until(pilot, lambda: {job.title for job in app.failures} == {core.LOAD, core.FOLLOW})
        assert len(app.kernels) == 40 and "cannot" in screen_text(app).splitlines()[0]
        source.fail.clear()
        await until(pilot, lambda: not app.troubles)
        source.kernels = source.kernels[:3]
        source.change += 1
        await until(pilot, lambda: len(app.kernels) == 3)
        assert len(app.failures) == 2, "the same failure again is not told again"
        assert sum(worker.name == core.FOLLOW and worker.is_running for worker in app.workers) == 1


async def test_watching_without_watchfiles_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise watching.AbsentError("watching needs the package watchfiles", "pip install watchfiles")

    monkeypatch.setattr(watching, "watch", broken)
    async with running() as (app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: bool(app.failures))
        assert "pip install watchfiles" in app.failures[0].error and not app.watching
