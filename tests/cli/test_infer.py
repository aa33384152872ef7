"""`infer`: a tiny model through the command line, on the shipped kernels and the emulator."""

import json
from pathlib import Path

import jsonschema
import pytest

import tracker.cli
from kernels import HIP_SOURCES
from tests.cli.conftest import Kerntrack
from tests.infer.make_model import make

SCHEMA = json.loads((Path(tracker.cli.__file__).parent / "schemas" / "infer.json").read_text())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("q8_0", tmp_path_factory.mktemp("model") / "tiny.gguf")


@pytest.fixture
def project(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = [str(HIP_SOURCES / name) for name in ("q8_0.hip", "quantize_q8_1.hip")]
    cache = tmp_path_factory.getbasetemp().parent / "kernel-builds"  # shared with the tests of the kernels
    (tmp_path / "kerntrack.toml").write_text(f'hip = {json.dumps(sources)}\narchs = ["gfx1100"]\ncache = "{cache}"\n')
    return tmp_path


def test_a_model_speaks_and_is_compared(kerntrack: Kerntrack, model: Path) -> None:
    ended = kerntrack("infer", model, "--prompt", "01234 abcd", "--tokens", "3", "--json", "--device", "emulator")
    assert ended.code == 0, ended
    document = json.loads(ended.out)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["text"] == "efg" and document["prompt"] == 11 and len(document["tokens"]) == 14
    assert document["device"]["kind"] == "emulator" and document["device"]["target"] == "gfx1100"
    assert document["wrong"] == [] and 0 < document["worst"] < 1
    assert document["agreement"][0]["agreeing"] == 14
    assert "most likely token the reference's at 14 of 14 positions" in ended.err
    table = kerntrack("infer", model, "--prompt", "abc", "--tokens", "1").out.splitlines()
    assert table[0] == "d" and any("float64" in line and "5 of 5" in line for line in table)
    (run,) = json.loads(kerntrack("history", "--limit", "1", "--json").out)["runs"]
    assert run["verb"] == "infer" and run["good"]


def test_mistakes_are_one_message_each(kerntrack: Kerntrack, model: Path, project: Path, tmp_path: Path) -> None:
    def says(code: int, *arguments: str | Path) -> str:
        ended = kerntrack("infer", *arguments)
        assert ended.code == code and "Traceback" not in ended.err, ended
        return ended.err

    assert "No such file" in says(2, "missing.gguf")
    assert "exceed the model's context of 256" in says(2, model, "--prompt", "a" * 300)
    assert "unknown architecture 'gfx9999'" in says(2, model, "--prompt", "a", "--arch", "gfx9999")
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(model.read_bytes()[:-30_000])
    assert "cut.gguf is truncated: tensor " in says(2, cut)
    other = make("q4_0", tmp_path / "other.gguf")
    assert "no kernel for: get_rows q4_0, mul_mat_vec_q8_1 q4_0 1" in says(3, other, "--prompt", "")
