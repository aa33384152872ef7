"""Every key of every screen does something that can be seen, and breaks nothing."""

from contextlib import nullcontext
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot

from tests.tui.fake import ARCHS, Fake
from tests.tui.pilots import running, screen_text, until
from tracker.tui import editor
from tracker.tui.app import Kerntrack
from tracker.tui.commands import COMMANDS, Command, keys_of, own
from tracker.tui.screens.kernel import KernelScreen
from tracker.tui.widgets.code import Code

Q5_1 = "mul_mat_q5_1@candle-kernels/src/quantized.cu"
WAYS = {
    "matrix": (),
    "anywhere": (),
    "kernel": ("enter",),
    "jobs": ("J",),
    "map": ("m",),
    "history": ("H",),
    "viewer": ("i",),
    "workers": ("W",),
    "copy": ("y",),
}
"""Keys that lead to a screen."""


def test_every_place_can_be_reached() -> None:
    assert {command.where for command in COMMANDS} == WAYS.keys()


@pytest.mark.parametrize("where", WAYS)
async def test_no_key_breaks_anything(where: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Kerntrack, "suspend", lambda _: nullcontext())
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setenv("PAGER", "true")
    monkeypatch.chdir(tmp_path)
    source = Fake()
    source.folder = tmp_path
    async with running(source) as (app, pilot):
        for command in own(where):
            if command.name not in ("quit", "quit_now"):
                await press(app, pilot, command)
                assert all(job.state != "failed" for job in app.jobs), command
        assert app.is_running


async def press(app: Kerntrack, pilot: Pilot[None], command: Command) -> None:
    """Go to the command's screen, press its key and come back to the matrix."""
    app.main.matrix.go_to(Q5_1)
    for key in (*WAYS[command.where], keys_of(command, {})[0]):
        await pilot.press(key)
    await pilot.pause()
    while app.screen is not app.main:
        await app.pop_screen()
    app.main.set_focus(app.main.matrix)


async def test_the_kernels_page_works_on_its_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kerntrack, "suspend", lambda _: nullcontext())
    opened: list[tuple[Path, int]] = []
    monkeypatch.setattr(editor, "command", lambda path, line: opened.append((path, line)) or ["true"])
    source = Fake()
    async with running(source) as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query(Code)))
        await pilot.press("v", "e", "E")
        await until(pilot, lambda: ("verify", ("mul_mat_q5_1",), ARCHS, False) in source.calls and len(opened) == 2)
        assert [path.name for path, _ in opened] == ["hip.txt", "cuda.txt"]
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "check    gfx90a" in screen_text(app))
        await pilot.press("q")
        await until(pilot, lambda: not isinstance(app.screen, KernelScreen))


async def test_checks_are_made_again_and_marks_go_up_too() -> None:
    source = Fake()
    async with running(source) as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("A")
        await until(pilot, lambda: ("verify", ("mul_mat_q5_1",), ARCHS, True) in source.calls)
        await pilot.press("shift+up")
        assert {key.partition("@")[0] for key in app.main.marks} == {"mul_mat_q5_1", "mul_mat_q5_0"}


async def test_the_column_under_the_cursor_sorts_and_again_reverses() -> None:
    async with running() as (app, pilot):
        await pilot.press("right", "O")
        assert (app.main.view.sort, app.main.view.reverse) == ("gfx90a", False)
        await pilot.press("O")
        assert (app.main.view.sort, app.main.view.reverse) == ("gfx90a", True)
        assert "gfx90a▼" in screen_text(app)


async def test_a_theme_is_chosen_and_a_screenshot_saved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    async with running() as (app, pilot):
        await pilot.press("f8")
        await until(pilot, lambda: bool(list(tmp_path.glob("*.svg"))))
        assert "mul_mat_q5_1" in next(tmp_path.glob("*.svg")).read_text()
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"nord", "down", "enter")
        await until(pilot, lambda: app.theme == "nord")
