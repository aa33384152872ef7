from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli import sources
from tracker.cli import spread
from tracker.cli.app import app


class Ended:
    """A command's exit code and what it wrote."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def __repr__(self) -> str:
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


Kerntrack = Callable[..., Ended]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The small project, not scanned yet."""
    return sources.write(tmp_path / "project")


@pytest.fixture
def kerntrack(project: Path) -> Kerntrack:
    """Run the command line in the project."""

    def run(*arguments: str | Path, folder: Path = project) -> Ended:
        result = CliRunner().invoke(app, ["-C", str(folder), *spread(list(map(str, arguments)))])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return Ended(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def scanned(kerntrack: Kerntrack) -> Kerntrack:
    """The command line on a project that was scanned."""
    assert kerntrack("scan").code == 0
    return kerntrack
