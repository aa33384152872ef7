"""Files that commands write for the user: replaced as a whole, links and permissions kept."""

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Kerntrack


def test_a_link_stays_a_link_and_the_file_behind_it_keeps_its_mode(scanned: Kerntrack, project: Path) -> None:
    behind, link = project / "behind.svg", project / "badge.svg"
    behind.write_text("old")
    behind.chmod(0o640)
    link.symlink_to(behind)
    assert scanned("badge", "--out", "badge.svg").code == 0
    assert link.is_symlink() and behind.read_text().startswith("<svg")
    assert behind.stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_whole_stays_as_it_was(
    scanned: Kerntrack, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = project / "gap.md"
    report.write_text("old")
    before = sorted(path.name for path in project.iterdir())

    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    ended = scanned("report", "--out", "gap.md", "--force")
    assert ended.code == 2 and "cannot write" in ended.err and "No space left on device" in ended.err
    assert report.read_text() == "old"
    assert sorted(path.name for path in project.iterdir()) == before


def test_a_device_is_written_to(scanned: Kerntrack) -> None:
    ended = scanned("badge", "--out", "/dev/null")
    assert ended.code == 0 and Path("/dev/null").is_char_device()


def test_a_copied_database_lies_where_the_project_is(scanned: Kerntrack, project: Path) -> None:
    assert scanned("db", "copy", ".kerntrack/kerntrack.db", "copy.db").code == 0
    assert (project / "copy.db").is_file()
