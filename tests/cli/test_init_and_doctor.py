"""init writes a file that works as it is; doctor says what is there and what to install."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Kerntrack
from tracker.config import KEYS, load_project
from tracker.errors import AbsentError


def test_init_finds_sources_and_its_file_scans(kerntrack: Kerntrack, project: Path) -> None:
    assert kerntrack("init").code == 2
    assert kerntrack("init", "--force").code == 0
    table = tomllib.loads((project / "kerntrack.toml").read_text())
    assert (table["cuda"], table["hip"], table["baselines"]) == (["cuda"], ["hip"], [])
    assert kerntrack("scan").out.splitlines()[-1].startswith("1 of 4 ported")


def test_init_looks_beside_the_project(kerntrack: Kerntrack, project: Path, tmp_path: Path) -> None:
    kernels = tmp_path / "candle" / "candle-kernels" / "src"
    kernels.mkdir(parents=True)
    (kernels / "quantized.cu").touch()
    launchers = tmp_path / "candle" / "candle-core" / "src" / "quantized"
    launchers.mkdir(parents=True)
    (launchers / "cuda.rs").touch()
    here = tmp_path / "port"
    (here / "target").mkdir(parents=True)
    (here / "target" / "copy.hip").touch()
    assert kerntrack("init", folder=here).code == 0
    project_file = load_project(here)
    assert project_file.cuda == (kernels,)
    assert project_file.hip == ()
    assert project_file.rust == (launchers,)


def test_init_in_an_empty_folder_uses_the_recording(kerntrack: Kerntrack, tmp_path: Path) -> None:
    here = tmp_path / "deep" / "empty"
    here.mkdir(parents=True)
    assert kerntrack("init", folder=here).code == 0
    assert load_project(here).baselines
    assert kerntrack("scan", folder=here).out.splitlines()[-1].startswith("0 of 142 ported")


def test_every_key_is_in_the_template(kerntrack: Kerntrack, tmp_path: Path) -> None:
    kerntrack("init", folder=tmp_path)
    text = (tmp_path / "kerntrack.toml").read_text()
    assert [key for key in KEYS if f"{key} =" not in text and f"[{key}]" not in text] == []


def test_doctor_names_what_was_found(kerntrack: Kerntrack, project: Path) -> None:
    kerntrack("scan")
    ended = kerntrack("doctor", "--json")
    findings = json.loads(ended.out)["findings"]
    assert ended.code == 0
    assert {each["topic"] for each in findings} >= {"kerntrack", "package", "toolchain", "arch", "device", "database"}
    text = kerntrack("doctor").out
    assert str(project / "kerntrack.toml") in text
    assert "gfx90a: CDNA2, wave 64" in text


def test_doctor_without_a_compiler(kerntrack: Kerntrack, monkeypatch: pytest.MonkeyPatch) -> None:
    def discover(prefer: str | None = None) -> None:
        raise AbsentError("no compiler for AMD GPUs", "python -m pip install ziglang")

    monkeypatch.setattr("tracker.cli.doctor.discover", discover)
    ended = kerntrack("doctor")
    assert ended.code == 3
    assert "✗ toolchain" in ended.out and "python -m pip install ziglang" in ended.out


def test_compile_without_a_compiler(kerntrack: Kerntrack, monkeypatch: pytest.MonkeyPatch) -> None:
    def discover(prefer: str | None = None) -> None:
        raise AbsentError("no compiler for AMD GPUs", "python -m pip install ziglang")

    monkeypatch.setattr("tracker.actions.stations.discover", discover)
    ended = kerntrack("compile")
    assert ended.code == 3
    assert "python -m pip install ziglang" in ended.err
