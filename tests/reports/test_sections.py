"""Hazards and callers in reports, and that what users write into kerntrack.toml stays text."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli import sources
from tests.cli.test_callers import RUST
from tests.cli.test_json_schemas import validate
from tracker.cli import spread
from tracker.cli.app import app

REASON = "<script>alert(1)</script> | *really*"
HAZARD = """
__device__ int dot(int a) { return __dp4a(a, a, 0); }
extern "C" __global__ void mul_mat_q8_0(int * x) { x[0] = dot(x[1]) + __shfl_xor(x[2], 1); }
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = sources.write(tmp_path_factory.mktemp("sections") / "project")
    (folder / "cuda" / "hazard.cu").write_text(HAZARD)
    (folder / "rocm.rs").write_text(RUST)
    run(folder, "scan", "--cuda", "cuda", "--hip", "hip", "--rust", "rocm.rs")
    run(folder, "hazards", "ack", "dp4a", "mul_mat_q8_0", "--reason", REASON)
    return folder


def run(folder: Path, *arguments: str) -> str:
    ended = CliRunner().invoke(app, ["-C", str(folder), *spread(list(arguments))])
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def test_json_has_them(project: Path) -> None:
    text = run(project, "report", "--format", "json")
    validate("report", text)
    report = json.loads(text)
    found = {each["rule"]: each["acknowledged"] for each in report["hazards"]["findings"]}
    assert found == {"dp4a": REASON, "shuffle-without-width": None}
    assert report["callers"] == json.loads(run(project, "gap", "--json"))["callers"]
    actions = {each["title"]: each for each in report["actions"]}
    assert actions["Look at the hazards in the port and ahead of it"]["open"] == [
        "shuffle-without-width cuda/hazard.cu:3"
    ]
    assert actions["Answer the Rust callers"]["done"] == 0


def test_html_shows_them_and_runs_nothing_that_users_wrote(project: Path) -> None:
    page = run(project, "report", "--format", "html")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; | *really*" in page
    assert "2 findings by 46 rules, 3 files" in page
    assert "3 kernels are asked for by name; 1 requests are not in CUDA, 2 not in HIP" in page
    assert "a block of (64, 1, 1) is launched, the contract has (256, 1, 1)" in page


def test_markdown_shows_them_as_text(project: Path) -> None:
    text = run(project, "report")
    (row,) = (line for line in text.splitlines() if "alert" in line)
    assert "&lt;script>alert(1)&lt;/script> \\| \\*really\\*" in row
    assert "| only_asked_for | not in CUDA | rocm.rs:10 |" in text
    assert "| own | in HIP, never asked for | hip/port.hip:11 |" in text


def test_an_expired_acknowledgement_is_told(project: Path) -> None:
    source = project / "cuda" / "hazard.cu"
    source.write_text(HAZARD.replace("(a, a, 0)", "(a, a, 1)"))
    run(project, "scan")
    assert "; acknowledgement expired" in run(project, "report", "--format", "html")
    source.write_text(HAZARD)
    run(project, "scan")
