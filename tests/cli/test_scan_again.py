"""A second scan: quick where nothing changed, and never quick where something did."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from db import append
from tests.cli import sources
from tests.cli.conftest import Kerntrack

ROOT = Path(__file__).parents[2]


def summary(kerntrack: Kerntrack) -> dict[str, Any]:
    scan: dict[str, Any] = json.loads(kerntrack("scan", "--json").out)["scan"]
    return scan


def test_where_nothing_changed_sqlalchemy_is_not_loaded(scanned: Kerntrack, project: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "tracker", "-C", str(project), "scan"]
    trace = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in trace.splitlines() if "|" in line}
    assert not loaded & {"sqlalchemy", "clang", "numpy"}


def test_both_ways_leave_the_same_history(scanned: Kerntrack, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned("scan")
    monkeypatch.setattr(append, "run", lambda *_: False)  # as on a server, or where another process holds the file
    scanned("scan")
    runs = json.loads(scanned("history", "--json").out)["runs"]
    assert [run["verb"] for run in runs] == ["scan"] * 3
    quick, slow = ({name: run[name] for name in ("good", "message", "options", "summary")} for run in runs[:2])
    assert quick == slow
    assert scanned("diff", "1", "3").code == 0


def test_new_rename_rules_pair_anew(scanned: Kerntrack, project: Path) -> None:
    assert summary(scanned)["ported"] == 1
    config = project / "kerntrack.toml"
    config.write_text(f'{sources.CONFIG}\n[rename]\n"_f16" = "_f32"\n')
    assert summary(scanned)["ported"] == 1  # the f32 kernel is taken already
    config.write_text(f'{sources.CONFIG}\n[rename]\nmul_mat_q4_0 = "own"\n')
    assert summary(scanned)["drifted"] == 2
    config.write_text(sources.CONFIG)
    assert summary(scanned)["drifted"] == 1


def test_a_change_of_the_same_size_and_time_is_seen(scanned: Kerntrack, project: Path) -> None:
    port = project / "hip" / "port.hip"
    times = (port.stat().st_atime_ns, port.stat().st_mtime_ns)
    port.write_text(port.read_text().replace("own(", "our("))
    os.utime(port, ns=times)
    assert summary(scanned)["parsed"] == 1


def test_a_source_more_or_less_is_seen(scanned: Kerntrack, project: Path) -> None:
    more = project / "hip" / "more.hip"
    more.write_text((project / "hip" / "port.hip").read_text().replace("scale", "dequantize_block_q5_1_f16"))
    assert (summary(scanned)["files"], summary(scanned)["parsed"]) == (3, 0)
    more.unlink()
    assert summary(scanned)["files"] == 2
    assert summary(scanned)["extra"] == 1


@pytest.mark.parametrize(
    ("spelled", "there", "new"),
    [
        ("<size.h>", "later/size.h", "sooner/size.h"),
        ('"size.h"', "later/size.h", "hip/size.h"),
        ('"size.h"', "", "hip/size.h"),
        ("<size.h>", "", "later/size.h"),
    ],
    ids=["an earlier folder", "beside the source", "missing beside the source", "missing in a folder"],
)
def test_a_new_header_that_is_found_first_is_a_change(
    kerntrack: Kerntrack, project: Path, spelled: str, there: str, new: str
) -> None:
    for folder in ("sooner", "later"):
        (project / folder).mkdir()
    (project / "kerntrack.toml").write_text(f'include = ["sooner", "later"]\n{sources.CONFIG}')
    port = project / "hip/port.hip"
    port.write_text(f"#include {spelled}\n{port.read_text()}".replace("float(k)", "float(k + SIZE)"))
    if there:
        (project / there).write_text("#define SIZE 1\n")
    kerntrack("scan")
    assert "changed" not in kerntrack("status").err
    (project / new).write_text("#define SIZE 2\n")
    assert "1 scanned file has changed since (hip/port.hip)" in kerntrack("status").err
    assert "parsed hip/port.hip" in kerntrack("scan").err
    assert "changed" not in kerntrack("status").err
