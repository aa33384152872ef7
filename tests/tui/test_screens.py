"""The kernel's page, the map, help, the palette, the editor, the clipboard."""

import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App
from textual.widgets import Input, TabbedContent

from db.views import KernelStatus
from tests.tui.fake import Fake, evidence
from tests.tui.pilots import notes, running, screen_text, until
from tracker.tui import editor, pages
from tracker.tui.app import Kerntrack
from tracker.tui.commands import COMMANDS, commands
from tracker.tui.screens.help import HelpScreen, help_text
from tracker.tui.screens.history import HistoryScreen
from tracker.tui.screens.jobs import JobsScreen
from tracker.tui.screens.kernel import TABS, KernelScreen
from tracker.tui.screens.main import MainScreen
from tracker.tui.screens.map import MapScreen
from tracker.tui.screens.menu import Menu
from tracker.tui.screens.viewer import ViewerScreen
from tracker.tui.screens.workers import WorkersScreen
from tracker.tui.sources import Page, SourceText
from tracker.tui.widgets.code import Code
from tracker.tui.widgets.keyline import KeyLine
from tracker.tui.widgets.textpane import TextPane

Q5_1 = "mul_mat_q5_1@candle-kernels/src/quantized.cu"
WORDS = {
    "source": ("int k            ≠  long k", "the file is not at hand"),
    "resources": ("VGPRs", "24", "256 threads", "block_q5_1"),
    "evidence": ("#2  gfx90a  emulated on emulator", "failing case  n=4096", "y[17] expected 17.0 got 18.0"),
    "cost": ("instructions.valu", "1,200", "bytes_written", "16,384"),
    "builds": ("$ clang -x hip port.hip", "error: nonsense"),
    "findings": (
        "verify failed",
        "stale: made before the sources changed",
        "silently wrong: 32 lanes are taken for granted  [wave64]",
        "CUDA quantized.cu:12 in warp_reduce_sum",
        "acknowledged once, but the code around it has changed since",
        "may stay: the port passes whole rows",
        "hazards: 2 findings by 30 rules",
        "asked for by src/lib.rs:7 launch  grid ?×1×1, block 32×4×1",
    ),
    "history": ("check    gfx90a", "build    gfx90a"),
}


async def test_the_kernels_page_shows_all_that_is_known() -> None:
    async with running(size=(130, 40)) as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query(Code)))
        for name in TABS:
            await until(pilot, lambda name=name: app.screen.query_one(TabbedContent).active == name)  # type: ignore[misc]
            text = " ".join(pane.content.plain for pane in app.screen.query(f"#{name} TextPane").results(TextPane))
            for words in WORDS[name]:
                assert words in text or words in screen_text(app), (name, words)
            await pilot.press("right_square_bracket")
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.main


async def test_the_two_sources_scroll_together() -> None:
    source = Fake()
    original = source.page

    def both_at_hand(kernel: KernelStatus) -> Page:
        text = "\n".join(f"line {n}" for n in range(1, 200))
        return replace(original(kernel), cuda=SourceText("a.cu", 100, text), hip=SourceText("b.hip", 40, text))

    source.page = both_at_hand  # type: ignore[method-assign]
    async with running(source) as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query(Code)) == 2)
        cuda, hip = app.screen.query(Code)
        await until(pilot, lambda: (cuda.scroll_offset.y, hip.scroll_offset.y) == (96, 36))
        cuda.scroll_to(y=110, animate=False)
        await until(pilot, lambda: hip.scroll_offset.y == 50)
        hip.scroll_to(y=20, animate=False)
        await until(pilot, lambda: cuda.scroll_offset.y == 80)


async def test_the_page_follows_the_database() -> None:
    source = Fake()
    async with running(source) as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query(Code)))
        source.replace("mul_mat_q5_1", port="drifted", differences=("parameter 9: new",))
        await until(pilot, lambda: "parameter 9: new" in screen_text(app))


async def test_the_map_shows_each_kernel_once_per_architecture() -> None:
    async with running(size=(100, 40)) as (app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, MapScreen))
        text = screen_text(app)
        rows = {line.split()[0]: line for line in text.splitlines() if line.split()}
        assert rows["q6_K"].count("–") == 3 * 8
        assert rows["q5_1"].count("◐") == 9 + 2 + 2
        shares = [" ".join(line.split()) for line in text.splitlines()]
        assert "gfx90a 30 % / 30 % 25 % / 25 % 2.5 % / 2.5 %" in shares
        assert "ported 32.5 % / 32.5 %" in shares
        assert "newest check 2026-03-04" in text and "2 cells checked on AMD Instinct MI210" in text
        assert "● verified 1/40 2 %" in text and "◐ emulated only 9/40 22 %" in text


async def test_the_history_lists_runs_of_any_front_end() -> None:
    source = Fake()
    async with running(source) as (app, pilot):
        await pilot.press("H")
        await until(pilot, lambda: "14 of 142 ported" in screen_text(app))
        text = screen_text(app)
        assert "✗ verify     62.5 s  1 failed  selector=['q5_1']" in text and "✔ scan" in text
        assert "verify #2" in text and "failed               1" in text
        await pilot.press("j")
        await until(pilot, lambda: "scan #1" in screen_text(app))
        source.change += 1
        await pilot.pause(0.2)
        assert "scan #1" in screen_text(app), "the chosen run stays chosen"
        await pilot.press("H")
        await until(pilot, lambda: app.screen is app.main)


async def test_help_lists_every_command_of_its_screen() -> None:
    for where in ("matrix", "kernel", "jobs", "map", "history", "viewer", "workers"):
        text = help_text(where, {}).plain
        for command in commands(where):
            if command.name != "quit":
                assert command.meaning in text, (where, command.name)
    async with running() as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)


def test_every_command_can_be_done_and_no_key_means_two_things() -> None:
    screens = {
        "matrix": MainScreen,
        "kernel": KernelScreen,
        "jobs": JobsScreen,
        "map": MapScreen,
        "history": HistoryScreen,
        "copy": MainScreen,
        "viewer": ViewerScreen,
        "workers": WorkersScreen,
    }
    for where, screen in screens.items():
        keys = [key for command in COMMANDS if command.where == where for key in command.keys.split(",")]
        assert len(keys) == len(set(keys)), where
        for command in commands(where):
            name = "action_" + command.name.partition("(")[0]
            assert hasattr(screen, name) or hasattr(App, name) or command.where == "anywhere", (where, command.name)


async def test_a_click_on_the_last_line_does_what_the_key_does() -> None:
    async with running(size=(100, 30)) as (app, pilot):
        at = screen_text(app).splitlines()[-1].index("m Map")
        await pilot.click(KeyLine, offset=(at, 0))
        await until(pilot, lambda: isinstance(app.screen, MapScreen))
        at = screen_text(app).splitlines()[-1].index("esc Back")
        await pilot.click("MapScreen KeyLine", offset=(at, 0))
        await until(pilot, lambda: app.screen is app.main)


async def test_the_last_line_shows_only_what_works_now() -> None:
    async with running(size=(100, 30), readonly=True) as (app, pilot):
        assert "Cancel" not in screen_text(app)
        await pilot.press("slash")
        await until(
            pilot,
            lambda: screen_text(app).splitlines()[-1].split()[-6:] == ["⏎", "To", "the", "rows", "esc", "Clear"],
        )


async def test_the_palette_runs_commands_and_finds_kernels() -> None:
    async with running() as (app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: bool(app.screen.query(Input)))
        await pilot.press(*"fold all")
        await until(pilot, lambda: "Fold every group" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: len(app.main.view.folded) == 5)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen is not app.main and bool(app.screen.query(Input)))
        await pilot.press(*"mul_mat_q5_1")
        await until(pilot, lambda: "open its page" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, KernelScreen))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("vim", ["vim", "+7", "a b.hip"]),
        ("emacs -nw", ["emacs", "-nw", "+7", "a b.hip"]),
        ("code --wait", ["code", "--wait", "-g", "a b.hip:7"]),
        ("hx", ["hx", "a b.hip:7"]),
    ],
)
def test_editors_open_at_the_line(monkeypatch: pytest.MonkeyPatch, words: str, expected: list[str]) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", words)
    assert editor.command(Path("a b.hip"), 7) == expected


async def test_the_editor_gets_the_file_and_the_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    script = tmp_path / "editor.py"
    script.write_text(f"import sys; open({str(witness)!r}, 'w').write(' '.join(sys.argv[1:]))")
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    monkeypatch.setattr(Kerntrack, "suspend", lambda _: nullcontext())
    async with running() as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("e")
        await until(pilot, witness.exists)
    assert witness.read_text() == f"+7 {Path('nowhere') / 'hip.txt'}"


@pytest.mark.parametrize("screen", ["matrix", "kernel"])
async def test_copying(screen: str) -> None:
    async with running() as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        if screen == "kernel":
            await pilot.press("enter")
            await until(pilot, lambda: bool(app.screen.query(Code)))
        for key, text in (
            ("y", "mul_mat_q5_1"),
            ("n", "ns::mul_mat_q5_1<4>(const void *, int)"),
            ("c", "clang -x hip port.hip"),
        ):
            await pilot.press("y")
            await until(pilot, lambda: isinstance(app.screen, Menu))
            await pilot.press(key)
            await until(pilot, lambda text=text: app.clipboard == text)  # type: ignore[misc]
        assert "copied the build command" in notes(app)
        await pilot.press("Y")
        await until(pilot, lambda: notes(app).count("copied the build command") == 2)


async def test_the_copy_menu_takes_arrows_letters_and_the_mouse_and_copies_what_is_marked() -> None:
    async with running() as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("y", "escape")
        await until(pilot, lambda: app.screen is app.main)
        assert not app.clipboard
        await pilot.press("y", "j", "j", "j", "enter")
        await until(pilot, lambda: "y[17] expected 17.0 got 18.0" in app.clipboard)
        app.main.matrix.go_to("dequantize/q5_0")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, Menu))
        await pilot.click("#menu", offset=(3, 1))
        await until(pilot, lambda: app.clipboard.count("ns::dequantize_block_q5_0") == 2)
        assert "copied 2 names" in notes(app)


async def test_a_long_text_is_read_in_the_pager(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    script = tmp_path / "pager.py"
    script.write_text(f"import sys; open({str(witness)!r}, 'w').write(sys.stdin.read())")
    monkeypatch.setenv("PAGER", f"{sys.executable} {script}")
    monkeypatch.setattr(Kerntrack, "suspend", lambda _: nullcontext())
    async with running() as (app, pilot):
        app.main.matrix.go_to(Q5_1)
        await pilot.press("P")
        await until(pilot, lambda: witness.exists() and "3 of 4096 elements are wrong" in witness.read_text())
        await pilot.press("c", "J")
        await until(pilot, lambda: "unused variable" in screen_text(app))
        await pilot.press("P")
        await until(pilot, lambda: "compile: all good" in witness.read_text())


async def test_a_theme_changes_the_colours_of_the_matrix() -> None:
    async with running() as (app, pilot):
        dark = app.main.matrix._palette("bold $text-error")
        app.theme = "textual-light"
        await pilot.pause()
        assert app.main.matrix._palette("bold $text-error") != dark


def test_parameters_are_compared_by_position_and_missing_ones_differ() -> None:
    page = Fake().page(Fake().kernels[0])
    assert pages.parameter_rows(page) == [("const void * vx", "const void * vx", False), ("int k", "long k", True)]
    assert pages.differing(page) == {"k"}


def test_costs_of_any_depth_become_rows() -> None:
    assert pages.flatten(evidence().cost)["instructions.salu"] == "300"
