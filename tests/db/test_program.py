"""The program on a database of either kind: the same commands give the same answers, and no password is told."""

import json
import os
from pathlib import Path

import pytest

from db.address import Address
from tests.export.conftest import SYMBOLS, kerntrack, write


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


def test_an_address_in_the_project_file(checked: Path, tmp_path: Path) -> None:
    (tmp_path / "kerntrack.toml").write_text('database = "postgresql://team:secret@127.0.0.1:1/none"\n')
    ended = kerntrack(tmp_path, "status")
    assert ended.exit_code == 2 and "team:***@127.0.0.1:1/none" in ended.stderr and "secret" not in ended.output
    (tmp_path / "kerntrack.toml").write_text('database = "mysql://team:secret@127.0.0.1:1/none"\n')
    ended = kerntrack(tmp_path, "status")
    assert ended.exit_code == 2 and "'mysql' are not supported" in ended.stderr and "secret" not in ended.output
