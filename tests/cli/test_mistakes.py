"""Wrong input: one message that names file and remedy, the right exit code, no traceback."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from tests.access import let_everyone_in
from tests.cli.conftest import Kerntrack
from tracker.cli import main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["status"], 2, "run `kerntrack scan` first"),
        (["scan", "--cuda", "nowhere.cu"], 2, "nowhere.cu does not exist"),
        (["scan", "--hip", "cuda"], 2, "holds no HIP source"),
        (["scan", "--colour"], 2, "No such option"),
        (["scna"], 2, "No such command"),
    ],
)
def test_before_any_scan(kerntrack: Kerntrack, arguments: list[str], code: int, message: str) -> None:
    ended = kerntrack(*arguments)
    assert ended.code == code, ended
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["status", "q5_7"], "near: q5_1"),
        (["verify", "dequantise"], "no kernel matches 'dequantise'"),
        (["compile", "--arch", "gfx91a"], "unknown architecture 'gfx91a'"),
        (["verify", "--arch", "gfx1100x"], "gfx1100"),
        (["show", "family:dequantize"], "matches 2 kernels"),
        (["status", "arch:gfx1030"], "no kernel matches 'arch:gfx1030'"),
    ],
)
def test_after_a_scan(kerntrack: Kerntrack, arguments: list[str], message: str) -> None:
    kerntrack("scan")
    ended = kerntrack(*arguments)
    assert ended.code == 2, ended
    assert message in ended.err
    assert ended.out == ""


def test_nothing_to_scan(kerntrack: Kerntrack, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ended = kerntrack("scan", folder=tmp_path / "empty")
    assert ended.code == 2
    assert "--cuda PATH" in ended.err and "kerntrack init" in ended.err


def test_a_kernel_that_is_defined_twice_is_told_each_time(kerntrack: Kerntrack, project: Path) -> None:
    (project / "hip/second.hip").write_text(
        '#include <hip/hip_runtime.h>\nextern "C" __global__ void own(float * x, int n) { x[n] = 1.0f; }\n'
    )
    for _ in ("parsed", "unchanged"):
        ended = kerntrack("scan")
        told = "HIP kernel own is defined 2 times, the first counts: hip/port.hip:11, hip/second.hip:2"
        assert ended.code == 0 and told in ended.err and "own is defined" not in ended.out


def test_a_first_scan_that_did_not_come_to_its_end_is_no_scan(kerntrack: Kerntrack, project: Path) -> None:
    config = project / "kerntrack.toml"
    good = config.read_text()
    config.write_text(good + '[rename]\n"(" = ""\n')
    assert kerntrack("scan").code == 2
    ended = kerntrack("status")
    assert (ended.code, ended.out) == (2, "") and "no scan has come to its end" in ended.err
    config.write_text("\ufeff" + good, encoding="utf-8")  # as some editors write it
    assert kerntrack("scan").code == 0
    assert kerntrack("status").code == 0


def test_a_damaged_page_of_the_database(scanned: Kerntrack, project: Path) -> None:
    database = project / ".kerntrack/kerntrack.db"
    with closing(sqlite3.connect(database)) as direct:
        direct.execute("pragma wal_checkpoint(truncate)")
    content = bytearray(database.read_bytes())
    for page in range(4096, len(content), 4096):  # all but the first
        content[page : page + 8] = b"\xff" * 8
    database.write_bytes(content)
    for command in ("status", "scan", "gap"):
        ended = scanned(command)
        assert ended.code == 2 and "malformed" in ended.err and "move the file away" in ended.err


def test_the_interactive_matrix_without_a_terminal(scanned: Kerntrack) -> None:
    ended = scanned("tui")
    assert (ended.code, ended.out) == (2, "") and "needs a terminal" in ended.err


def test_ctrl_c_while_the_program_is_being_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(ModuleType):
        def __getattr__(self, name: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "tracker.cli.app", Interrupted("tracker.cli.app"))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


def test_sources_without_kernels_are_bad_news(kerntrack: Kerntrack, project: Path) -> None:
    for file in (project / "cuda" / "all.cu", project / "hip" / "port.hip"):
        file.write_text("int nothing;\n")
    ended = kerntrack("scan")
    assert (ended.code, "no kernels found" in ended.err) == (1, True)


def test_syntax_error_is_shown_and_the_rest_is_known(kerntrack: Kerntrack, project: Path) -> None:
    file = project / "cuda" / "all.cu"
    file.write_text(file.read_text().replace("x[threadIdx.x] *= factor;", "x[threadIdx.x] *= ;"))
    ended = kerntrack("scan")
    assert ended.code == 0
    assert "cuda/all.cu:17:" in ended.err and "error: expected expression" in ended.err
    assert "of 4 ported" in ended.out


def test_color_and_no_color(kerntrack: Kerntrack, monkeypatch: pytest.MonkeyPatch) -> None:
    kerntrack("scan")
    assert "\x1b[" not in kerntrack("status", "--all").out
    assert "\x1b[" in kerntrack("--color", "always", "status", "--all").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in kerntrack("--color", "auto", "status", "--all").out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("options", [[], ["--json"], ["--all"]])
def test_a_full_disk_behind_stdout(scanned: Kerntrack, project: Path, options: list[str]) -> None:
    command = [sys.executable, "-m", "tracker", "-C", str(project), "status", *options]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert ended.returncode == 2
    assert "error: cannot write: No space left on device" in ended.stderr and "Traceback" not in ended.stderr


def test_a_check_that_is_cut_off_by_a_closed_pipe_is_not_good(scanned: Kerntrack, project: Path) -> None:
    code = f"{sys.executable} -m tracker -C {project} check --min ported=100% | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", code], cwd=ROOT, capture_output=True).returncode in (1, 130)


def test_closed_pipe_is_no_error(kerntrack: Kerntrack, project: Path) -> None:
    kerntrack("scan")
    code = f"{sys.executable} -m tracker -C {project} status --format csv | true; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "Traceback" not in ended.stderr and "Exception" not in ended.stderr


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs root, to become a user who may not write")
def test_read_only_project(kerntrack: Kerntrack, project: Path) -> None:
    kerntrack("scan")
    let_everyone_in(project)

    def as_nobody(*arguments: str) -> subprocess.CompletedProcess[str]:
        # everything is loaded first by a run as root: that user may not even read the interpreter's own files
        code = (
            "import os; from typer.testing import CliRunner; from tracker import cli; import tracker.cli.app;"
            f"CliRunner().invoke(cli.app.app, ['-C', {str(project)!r}, *{list(arguments)}]);"
            "import tracker.cli.init, tracker.actions.store;"
            "os.setgroups([]); os.setgid(65534); os.setuid(65534); cli.main()"
        )
        command = [sys.executable, "-c", code, "-C", str(project), *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert as_nobody("status").stdout.splitlines()[-1].startswith("1 of 4 ported")
    ended = as_nobody("scan")
    assert ended.returncode == 2
    assert "the database cannot be written" in ended.stderr and "Traceback" not in ended.stderr
