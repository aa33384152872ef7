"""--stats and --spec: what other programs are told about a run and about the command line."""

import json
from typing import Any

import typer

from tests.cli.conftest import Ended, Kerntrack
from tests.cli.test_json_schemas import validate
from tracker.cli.app import app
from tracker.errors import ExitCode


def stats(ended: Ended) -> dict[str, Any]:
    line = ended.err.splitlines()[-1]
    validate("stats", line)
    found: dict[str, Any] = json.loads(line)
    assert found["exit"] == ended.code and found["ms"] >= 0
    return found


def test_the_last_line_tells_how_it_went(scanned: Kerntrack) -> None:
    scan = stats(scanned("--stats", "scan"))
    assert (scan["command"], scan["status"]) == ("scan", "good")
    assert (scan["counts"]["kernels"], scan["counts"]["ported"], scan["counts"]["parsed"]) == (4, 1, 0)
    assert stats(scanned("--stats", "status", "scale", "--json"))["counts"] == {"kernels": 1}
    assert stats(scanned("--stats", "gap"))["counts"] == {"ported": 1, "drifted": 1, "missing": 2}
    assert stats(scanned("--stats", "history"))["counts"] == {"runs": 2}
    wrong = stats(scanned("--stats", "status", "nothing"))
    assert (wrong["status"], wrong["counts"]) == ("usage", {"kernels": 5})
    assert stats(scanned("--stats", "export", "rust", "crate", "nothing"))["command"] == "export rust"
    assert "ms" not in scanned("status").err


def test_the_spec_has_every_command_and_option(kerntrack: Kerntrack) -> None:
    ended = kerntrack("--spec")
    assert ended.code == 0
    validate("spec", ended.out)
    spec = json.loads(ended.out)
    assert spec["exit_codes"] == {str(int(code)): code.name.lower().replace("_", " ") for code in ExitCode}
    root: Any = typer.main.get_command(app)
    assert spec["commands"].keys() == root.commands.keys()
    assert set(spec["commands"]["export"]["commands"]) == set(root.commands["export"].commands)
    status = spec["commands"]["status"]
    options = {option["name"]: option for option in status["options"]}
    assert options["format"]["choices"] == ["table", "md", "csv", "json", "jsonl"]
    assert options["everything"]["names"] == ["--all", "-a"]
    assert (status["arguments"][0]["repeated"], status["arguments"][0]["required"]) == (True, False)
    verify = {option["name"]: option for option in spec["commands"]["verify"]["options"]}
    assert (verify["effort"]["default"], verify["seed"]["type"], verify["build"]["off"]) == (
        "quick",
        "integer",
        ["--no-build"],
    )
    assert "kerntrack verify q5_1" in spec["commands"]["verify"]["help"]
