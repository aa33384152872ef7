"""-v, --log-level and --log-file: what a porter who looks for a mistake is told, and where."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Kerntrack
from tracker import logs


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    yield
    for name in logs.PACKAGES:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True


def test_nothing_is_logged_unless_asked_for(kerntrack: Kerntrack) -> None:
    assert " INFO " not in kerntrack("scan").err


def test_verbose_tells_commands_files_and_the_cache(kerntrack: Kerntrack, project: Path) -> None:
    scan = kerntrack("-v", "scan")
    assert f"parse {project / 'hip' / 'port.hip'}: not known yet" in scan.err
    assert f"database {project / '.kerntrack' / 'kerntrack.db'}" in scan.err
    assert " INFO " not in scan.out
    port = project / "hip" / "port.hip"
    port.write_text(port.read_text() + "// more\n")
    built = kerntrack("-v", "compile", "arch:gfx1100")
    assert f"parse {port}: changed: hip/port.hip" in built.err
    assert "is not in the cache" in built.err
    (command,) = (line for line in built.err.splitlines() if " run " in line and "-S" in line.split())
    assert "--offload-arch=gfx1100" in command and str(port) in command
    again = kerntrack("-v", "compile", "--again", "arch:gfx1100").err
    assert "port.hip for gfx1100 is in the cache" in again and "DEBUG" not in again
    assert "DEBUG" in kerntrack("-vv", "verify", "scale", "arch:gfx1100").err


def test_a_file_takes_the_log_and_grows(kerntrack: Kerntrack, project: Path) -> None:
    assert " INFO " not in kerntrack("--log-file", "logs/k.log", "scan").err
    file = project / "logs" / "k.log"
    first = file.read_text()
    assert "parse" in first and "kerntrack" in first.splitlines()[0]
    kerntrack("--log-file", "logs/k.log", "--log-level", "error", "scan")
    assert file.read_text() == first
    kerntrack("--log-file", "logs/k.log", "scan")
    assert file.read_text().startswith(first) and len(file.read_text()) > len(first)


def test_a_file_that_cannot_be_written(kerntrack: Kerntrack, project: Path) -> None:
    ended = kerntrack("--log-file", "hip", "scan")
    assert ended.code == 2 and "Is a directory" in ended.err and "--log-file" in ended.err


def test_the_terminal_program_logs_to_a_file(
    kerntrack: Kerntrack, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.tui.run", lambda *_, **__: logging.getLogger("tracker.tui").info("on screen"))
    ended = kerntrack("-v", "tui")
    assert (ended.code, ended.err) == (0, "")
    assert "on screen" in (project / ".kerntrack" / logs.FILE).read_text()


def test_no_password_is_logged(kerntrack: Kerntrack, monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql+psycopg://me:secret@127.0.0.1:1/db"
    monkeypatch.setattr("sys.argv", ["kerntrack", "db", "copy", "k.db", address])
    monkeypatch.setenv("KERNTRACK_DATABASE", address)
    ended = kerntrack("-v", "status")
    assert "me:***@127.0.0.1" in ended.err and "secret" not in ended.err
