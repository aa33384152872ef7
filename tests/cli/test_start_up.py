"""What a command must not load, and what every command must say about itself."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from tests.cli.conftest import Kerntrack
from tracker import __version__
from tracker.cli import spread
from tracker.cli.app import app

ROOT = Path(__file__).parents[2]
COMMANDS = sorted(command.callback.__name__ for command in app.registered_commands if command.callback)


def imported(*arguments: str) -> set[str]:
    """Top-level packages that a command loads."""
    command = [sys.executable, "-X", "importtime", "-m", "tracker", *arguments]
    trace = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in trace.splitlines() if "|" in line}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["verify", "--help"], ["tui", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    assert not imported(*arguments) & {"textual", "sqlalchemy", "alembic", "clang", "numpy", "gguf"}


def test_reading_loads_no_parser_and_no_screen(kerntrack: Kerntrack, project: Path) -> None:
    kerntrack("scan")
    for command in ("status", "scan", "gap"):
        assert not imported("-C", str(project), command) & {"textual", "alembic", "clang", "numpy", "gguf"}, command


def test_all_commands_of_the_design_that_exist() -> None:
    assert {"init", "scan", "status", "gap", "show", "compile", "verify", "tui", "doctor"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    assert f"kerntrack {name}" in command.help or f"kerntrack -C ../port {name}" in command.help
    assert all(parameter.help for parameter in command.params)


def test_version(kerntrack: Kerntrack) -> None:
    assert kerntrack("--version").out == f"kerntrack {__version__}\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["scan", "--cuda", "a", "b", "--json"], ["scan", "--cuda", "a", "--cuda", "b", "--json"]),
        (["scan", "--hip", "x", "--cuda", "a"], ["scan", "--hip", "x", "--cuda", "a"]),
        (["verify", "q5_1", "--seed", "1", "q4_0"], ["verify", "q5_1", "--seed", "1", "q4_0"]),
        (["scan", "--cuda"], ["scan", "--cuda"]),
    ],
)
def test_options_that_take_several_words(words: list[str], expected: list[str]) -> None:
    assert spread(words) == expected
