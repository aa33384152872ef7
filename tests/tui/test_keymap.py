"""Keys of the user's own: by action, in the project's file or the user's."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tui.fake import Fake
from tests.tui.pilots import screen_text, until
from tracker.config import Project, load_project
from tracker.errors import UsageError
from tracker.tui import keymap
from tracker.tui.app import Kerntrack


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "kerntrack.toml").write_text('[keys]\ncompile = "f5"\n"matrix.switch_failed" = "ctrl+k, !"\n')
    return load_project(tmp_path)


def test_a_name_means_every_screen_or_one(project: Project, tmp_path: Path) -> None:
    assert keymap.load(project, tmp_path / "none") == {
        "matrix.compile": "f5",
        "kernel.compile": "f5",
        "matrix.switch_failed": "ctrl+k,!",
    }


def test_the_project_counts_before_the_user(project: Project, tmp_path: Path) -> None:
    mine = tmp_path / "keys.toml"
    mine.write_text('[keys]\ncompile = "f6"\nverify = "f7"\n')
    found = keymap.load(project, mine)
    assert (found["kernel.compile"], found["kernel.verify"]) == ("f5", "f7")


@pytest.mark.parametrize(
    ("keys", "message", "remedy"),
    [
        ({"compil": "f5"}, "knows no action 'compil'", "compile"),
        ({"compile": "f55x"}, "there is no key 'f55x'", "f5"),
        ({"compile": "hyper+x"}, "there is no key 'hyper+x'", "for example"),
        ({"scan": "v"}, "gives 'v' to both matrix.scan and matrix.verify", "another"),
        ({"enlarge": "c"}, "gives 'c' to both anywhere.enlarge and matrix.compile", "another"),
        ({"compile": "t"}, "gives 't' to both anywhere.change_theme and matrix.compile", "another"),
    ],
)
def test_what_cannot_be_is_refused_with_the_file(
    project: Project, tmp_path: Path, keys: dict[str, str], message: str, remedy: str
) -> None:
    with pytest.raises(UsageError) as caught:
        keymap.load(replace(project, keys=tuple(keys.items())), tmp_path / "none")
    assert message in caught.value.message and str(project.config) in caught.value.message
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("key", ["j", "up", "enter", "esc", "tab", "pagedown", "ctrl+d", "G"])
def test_a_key_that_moves_is_refused_with_its_line(project: Project, tmp_path: Path, key: str) -> None:
    mine = tmp_path / "keys.toml"
    mine.write_text(f'# mine\n[keys]\nverify = "f7"\nmap = "f8, {key}"\n')
    with pytest.raises(UsageError, match=r"keys\.toml:4: \[keys\] map = '\w+(\+d)?': tables, lists and texts need"):
        keymap.load(project, mine)


def test_an_action_may_keep_its_own_key_beside_another(project: Project, tmp_path: Path) -> None:
    kept = replace(project, keys=(("open", "enter, f9"), ("map.close", "q, f10")))
    assert keymap.load(kept, tmp_path / "none") == {"matrix.open": "enter,f9", "map.close": "q,f10"}


def test_two_actions_may_exchange_their_keys(project: Project, tmp_path: Path) -> None:
    exchanged = replace(project, keys=(("matrix.compile", "v"), ("matrix.verify", "c")))
    assert keymap.load(exchanged, tmp_path / "none") == {"matrix.compile": "v", "matrix.verify": "c"}


async def test_the_keys_work_and_every_place_that_names_keys_says_so(project: Project, tmp_path: Path) -> None:
    source = Fake()
    app = Kerntrack(source, keys=keymap.load(project, tmp_path / "none"))
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: app.loaded)
        assert "f5 Compile" in screen_text(app).splitlines()[-1]
        await pilot.press("c")
        await pilot.press("f5")
        await until(pilot, lambda: [call[0] for call in source.calls if call[0] == "compile"] == ["compile"])
        await pilot.press("question_mark")
        await until(
            pilot,
            lambda: any(words[1:3] == ["f5", "Compile"] for words in map(str.split, screen_text(app).splitlines())),
        )
