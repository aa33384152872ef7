"""Real weights and whole models on a GPU: the same commands with `--device`, on a stand-in for an AMD GPU."""

import json
from pathlib import Path

import pytest

from devices.conftest import Q5, Run
from kernels import HIP_SOURCES
from tests.infer.make_model import make
from tests.weights import every_type


@pytest.fixture
def amd(environment: pytest.MonkeyPatch) -> None:
    """An AMD GPU in good order."""
    pytest.importorskip("hip", reason="needs hip-python")


def test_real_weights_are_checked_on_the_gpu(kerntrack: Run, amd: None) -> None:
    ended = kerntrack("verify", Q5, "--device", "0", "--gguf", str(every_type.FILE), "--json")
    assert ended.code == 0, ended
    (result,) = json.loads(ended.out)["results"]
    assert (result["device_kind"], result["outcome"], result["effort"]) == ("hip", "passed", "case")
    assert "tensor=blk.0.q5_1.weight" in result["message"]


def test_a_model_runs_on_the_gpu(kerntrack: Run, amd: None, folder: Path, builds: Path, tmp_path: Path) -> None:
    model = str(make("q8_0", tmp_path / "tiny.gguf"))
    sources = [str(HIP_SOURCES / name) for name in ("q8_0.hip", "quantize_q8_1.hip")]
    (folder / "kerntrack.toml").write_text(f'hip = {json.dumps(sources)}\ncache = "{builds}"\n')
    ended = kerntrack("infer", model, "--prompt", "abc", "--tokens", "1", "--device", "hip:0", "--json")
    assert ended.code == 0, ended
    document = json.loads(ended.out)
    assert document["device"]["kind"] == "hip" and document["text"] == "d" and document["wrong"] == []
    other = kerntrack("infer", model, "--prompt", "abc", "--device", "hip:0", "--arch", "gfx1030")
    assert other.code == 2 and "other architectures were asked for" in other.err
