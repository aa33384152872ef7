"""`kerntrack check`: what passes, what does not, and what is said about it."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest
import typer
import yaml
from typer.testing import CliRunner

from tests.cli import sources
from tests.cli.test_json_schemas import validate
from tests.reports.conftest import ARCHS, Kerntrack
from tracker.actions.compare import States, read_states, states_of
from tracker.actions.status import Matrix, load
from tracker.cli import spread
from tracker.cli.app import app
from tracker.config import load_project
from tracker.errors import UsageError
from tracker.reports.badge import badge
from tracker.reports.gate import judge, parse

CI = Path(__file__).parents[2] / "docs" / "ci.md"


@pytest.fixture
def matrix(large: Path) -> Matrix:
    return replace(load(load_project(large)), changed=())


@pytest.fixture
def now(matrix: Matrix) -> States:
    return states_of(matrix.kernels)


def good(matrix: Matrix, *demands: str, base: States | None = None) -> list[bool]:
    parsed = [each for text in demands for each in parse(text, matrix.archs)]
    return [verdict.good for verdict in judge(matrix, parsed, base)]


def test_the_share_that_there_is_passes_and_no_more(matrix: Matrix) -> None:
    # 141 CUDA kernels: two missing, one drifted. Every third of all 142 was emulated, beginning with the first.
    assert good(matrix, "ported=138", "ported=97.8%") == [True, True]
    assert good(matrix, "ported=139", "ported=97.9%", "ported=100%") == [False, False, False]
    (verdict,) = judge(matrix, parse("ported=100%", matrix.archs), None)
    assert verdict.found == "138 of 141 (97.8 %)"
    assert len(verdict.against) == 3


def test_without_an_arch_every_arch_must_have_it(matrix: Matrix) -> None:
    assert good(matrix, "compiled=90%") == [True] * len(ARCHS)
    assert good(matrix, "emulated=gfx1100:33%") == [True]
    assert good(matrix, "verified=gfx1100:1") == [False]


def test_emulated_is_not_verified(matrix: Matrix) -> None:
    assert good(matrix, "emulated=gfx90a:1", "verified=gfx90a:1") == [True, False]


@pytest.mark.parametrize(
    "text", ["ported", "ported=", "done=5%", "verified=gfx9999:5%", "ported=gfx90a:5%", "ported=101%", "ported=-1"]
)
def test_a_demand_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text, ARCHS)


def test_what_got_worse_since_the_base_fails(matrix: Matrix, now: States) -> None:
    symbol = next(name for name, row in now.items() if row["gfx90a"] == "compiled")
    better = {**now, symbol: {**now[symbol], "gfx90a": "emulated"}}
    assert good(matrix, base=now) == [True]
    (verdict,) = judge(matrix, [], better)
    assert (verdict.good, verdict.against) == (False, (f"{symbol} gfx90a: emulated → compiled",))
    worse = {**now, symbol: {**now[symbol], "gfx90a": "build failed"}}
    assert good(matrix, base=worse) == [True]


def test_what_vanished_since_the_base_fails(matrix: Matrix, now: States) -> None:
    gone = {**now, "mul_mat_q9_9": dict.fromkeys(("port", *ARCHS), "compiled") | {"port": "ported"}}
    assert good(matrix, base=gone) == [False]
    fewer = replace(matrix, archs=ARCHS[:-1])
    (verdict,) = judge(fewer, [], now)
    assert (verdict.good, verdict.against[0]) == (False, "gfx1201 is no longer a column")


def test_changed_sources_fail(matrix: Matrix) -> None:
    assert good(replace(matrix, changed=("a.cu",)), "ported=1") == [False, True]


def test_without_kernels_nothing_is_reached() -> None:
    assert good(Matrix([], ARCHS, ()), "ported=0%") == [False]


def test_the_command_says_why_on_one_screen(tmp_path: Path) -> None:
    folder = sources.write(tmp_path / "project")

    def run(*arguments: str) -> tuple[int, str]:
        ended = CliRunner().invoke(app, ["-C", str(folder), *spread(list(arguments))])
        return ended.exit_code, ended.stdout

    run("scan")
    assert run("check", "--min", "ported=25%") == (0, "✓ ported at least 25 %: 1 of 4 (25 %)\n")
    code, out = run("check", "--min", "ported=50%", "--min", "compiled=1%")
    assert code == 1
    assert "✗ ported at least 50 %: 1 of 4 (25 %)\n    dequantize_block_q5_1_f16\n" in out
    assert len(out.splitlines()) <= 24
    assert run("check")[0] == 2

    (folder / "base.json").write_text(run("status", "--json")[1])
    assert read_states(folder / "base.json")
    assert run("check", "--no-regressions", "base.json") == (0, "✓ no regressions: none\n")
    port = folder / "hip" / "port.hip"
    port.write_text(port.read_text().replace("float * y, int k", "float * y, long k"))
    run("scan")
    code, out = run("check", "--no-regressions", "base.json", "--json")
    validate("check", out)
    assert (code, json.loads(out)["verdicts"][0]["against"]) == (
        1, ["dequantize_block_q5_1_f32 port: ported → drifted"]
    )  # fmt: skip


def test_badges_round_down(kerntrack: Kerntrack) -> None:
    assert ">99 %<" in badge("x", 199, 200)
    assert ">100 %<" in badge("x", 200, 200)
    assert ">none<" in badge("x", 0, 0)
    drawing = xml.fromstring(kerntrack("badge", "emulated", "--arch", "gfx1100"))
    assert drawing.get("aria-label") == "emulated or verified gfx1100: 47 of 141"
    assert xml.fromstring(badge("<&>", 1, 2)).get("aria-label") == "<&>: 1 of 2"


def test_the_documented_workflow_uses_commands_and_options_that_there_are() -> None:
    workflow = yaml.safe_load(re.search(r"```yaml\n(.*?)```", CI.read_text(), re.DOTALL)[1])  # type: ignore[index]
    steps = workflow["jobs"]["kerntrack"]["steps"]
    commands = [shlex.split(step["run"], comments=True) for step in steps if "run" in step]
    own = [words[1:] for words in commands if words[0] == "kerntrack"]
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert {words[0] for words in own} == {"scan", "verify", "report", "badge", "check"}
    for name, *words in own:
        options = {option for parameter in known[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options
    demands = re.findall(r"--min (\S+?)[`\s]", CI.read_text())
    assert all(parse(text.replace("[ARCH:]N", "5").replace("=N", "=5"), ("gfx1100",)) for text in demands)
