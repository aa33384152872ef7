"""The program on a database of either kind: the same commands give the same answers, and no password is told."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import db
from db import queries
from db.address import Address
from tests.export.conftest import ARCHS, SYMBOLS, kerntrack, write
from tracker.actions.store import open_store
from tracker.config import load_project
from tracker.tui.source import ProjectSource

VERIFIERS = 8


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was scanned and verified on SQLite."""
    folder = write(tmp_path_factory.mktemp("program") / "project")
    for command in ("scan", "verify"):
        ended = kerntrack(folder, command)
        assert ended.exit_code == 0, ended.output
    return folder


def test_commands_answer_the_same_on_a_copy(checked: Path, address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kerntrack(checked, "status", "--json").stdout
    copied = kerntrack(checked, "db", "copy", checked / ".kerntrack" / "kerntrack.db", str(address))
    assert copied.exit_code == 0, copied.output
    assert "evidence" in copied.stdout
    monkeypatch.setenv("KERNTRACK_DATABASE", str(address))
    assert kerntrack(checked, "status", "--json").stdout == before
    again = kerntrack(checked, "verify", "--json")
    assert again.exit_code == 0, again.output
    assert all(result["held"] for result in json.loads(again.stdout)["results"])
    history = json.loads(kerntrack(checked, "history", "--json").stdout)
    assert [run["verb"] for run in history["runs"]] == ["verify", "verify", "scan"]
    shown = json.loads(kerntrack(checked, "show", SYMBOLS[0], "--json").stdout)
    assert {each["host"] for each in shown["evidence"]} == {os.uname().nodename}
    doctor = kerntrack(checked, "doctor")
    assert "schema" in doctor.stdout
    twice = kerntrack(checked, "db", "copy", checked / ".kerntrack" / "kerntrack.db", str(address))
    assert twice.exit_code == 2 and "empty database" in twice.stderr
    if isinstance(address, str):
        password = address.split(":")[2].split("@")[0]
        for ended in (copied, again, doctor, twice):
            assert password not in ended.output
        assert "***@" in doctor.stdout and "***@" in twice.stderr
        assert not any(password in file.read_text(errors="replace") for file in checked.rglob("*") if file.is_file())


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    command = [sys.executable, "-m", "tracker", "-C", str(folder), *arguments]
    root = Path(db.__file__).parents[1]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_eight_that_verify_one_that_scans_and_the_terminal_program_at_once(
    checked: Path, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kerntrack(checked, "db", "copy", checked / ".kerntrack" / "kerntrack.db", str(address)).exit_code == 0
    monkeypatch.setenv("KERNTRACK_DATABASE", str(address))
    seeds = range(1, VERIFIERS + 1)
    running = [start(checked, "verify", "-j", "1", "--seed", str(seed)) for seed in seeds]
    running += [start(checked, "scan", "--again")]
    project = load_project(checked)
    reader, versions = ProjectSource(project, readonly=True), set[int]()
    while any(process.poll() is None for process in running):
        rows = reader.statuses()
        assert sorted(row.symbol for row in rows) == sorted(SYMBOLS)
        assert {cell.state for row in rows for cell in row.archs.values()} == {"emulated"}
        versions.add(reader.version())
    ended = [(process.communicate()[0], process.returncode) for process in running]
    assert all(code == 0 for _, code in ended), ended
    assert len(versions) > 1
    engine = open_store(project, read_only=True)
    kept = Counter((s, each.arch, each.seed) for s in SYMBOLS for each in queries.evidence(engine, s))
    assert kept == Counter((symbol, arch, seed) for symbol in SYMBOLS for arch in ARCHS for seed in (0, *seeds))
    assert Counter(run.verb for run in queries.runs(engine)) == {"scan": 2, "verify": 1 + VERIFIERS}
    engine.dispose()


def test_an_address_in_the_project_file(checked: Path, tmp_path: Path) -> None:
    (tmp_path / "kerntrack.toml").write_text('database = "postgresql://team:secret@127.0.0.1:1/none"\n')
    ended = kerntrack(tmp_path, "status")
    assert ended.exit_code == 2 and "team:***@127.0.0.1:1/none" in ended.stderr and "secret" not in ended.output
    (tmp_path / "kerntrack.toml").write_text('database = "mysql://team:secret@127.0.0.1:1/none"\n')
    ended = kerntrack(tmp_path, "status")
    assert ended.exit_code == 2 and "'mysql' are not supported" in ended.stderr and "secret" not in ended.output
