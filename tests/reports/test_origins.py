"""Which revision a report is about."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli import sources
from tests.reports.test_sections import run


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    return subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_commit_and_what_differs_from_it_are_told(tmp_path: Path) -> None:
    folder = sources.write(tmp_path / "project")
    run(folder, "scan", "--cuda", "cuda", "--hip", "hip")

    def origins() -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(run(folder, "report", "--format", "json"))["origins"]
        return found

    assert {each["commit"] for each in origins()} == {"unknown"}
    git(folder, "init", "--quiet")
    git(folder, "add", "cuda", "hip")
    git(folder, "commit", "--quiet", "-m", "all")
    head = git(folder, "rev-parse", "--short=9", "HEAD")
    assert origins() == [{"side": side, "name": "project", "commit": head} for side in ("cuda", "hip")]
    port = folder / "hip" / "port.hip"
    port.write_text(port.read_text() + "\n// more\n")
    assert [each["commit"] for each in origins()] == [head, f"{head}, with changes"]
    assert f"HIP: project at {head}, with changes." in run(folder, "report", "--format", "md")
    assert f"HIP: project at {head}, with changes." in run(folder, "report", "--format", "html")
