"""`verify --gguf`: real weights, the real compiler and the emulator; its evidence names the file."""

import json
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Kerntrack
from tests.cli.test_compile_and_verify import Q4, Q5, cache, edit, project, states
from tests.weights import every_type
from tracker.gguf.reader import sha256

__all__ = ["cache", "project"]  # fixtures
GGUF = every_type.FILE
FILE_HASH = sha256(GGUF)


def test_real_weights_pass_and_are_named_in_the_evidence_and_decide_no_status(kerntrack: Kerntrack) -> None:
    ended = kerntrack("verify", "arch:gfx1100", "--gguf", GGUF)
    assert ended.code == 0, ended
    assert f"sha256 {FILE_HASH}: 11 of 11 quantized matrices" in ended.err
    assert ended.out.count(" passed ") == 2 and "tensor=blk.0.q5_1.weight rows=6/6 cols=512" in ended.out
    (evidence,) = json.loads(kerntrack("show", Q5, "--json").out)["evidence"]
    assert evidence["effort"] == "case" and FILE_HASH[:16] in evidence["message"]
    assert "tensor=blk.0.q5_1.weight" in evidence["message"]
    assert states(kerntrack, Q5)["gfx1100"] == ("compiled", True)
    (run,) = json.loads(kerntrack("history", "--json").out)["runs"][:1]
    assert run["options"]["sha256"] == FILE_HASH


def test_a_wrong_kernel_fails_on_real_weights_and_the_way_to_see_it_again_is_told(
    kerntrack: Kerntrack, project: Path
) -> None:
    edit(project, "float(code - 8)", "float(code - 7)")
    ended = kerntrack("verify", "arch:gfx1100", "--gguf", GGUF)
    assert ended.code == 1
    assert f"{Q4} " in ended.out and "1 failed, 1 passed" in ended.err
    (command,) = (line for line in ended.out.splitlines() if "reproduce: " in line)
    again = kerntrack(*shlex.split(command.partition("reproduce: kerntrack ")[2]))
    assert again.code == 1 and "1 failed" in again.err


def test_mistakes_with_a_model_file_are_one_message_each(kerntrack: Kerntrack, tmp_path: Path) -> None:
    def says(*arguments: str | Path) -> str:
        ended = kerntrack("verify", *arguments)
        assert ended.code == 2 and "Traceback" not in ended.err, ended
        return ended.err

    assert "near: blk.0.q5_1.weight" in says("--gguf", GGUF, "--tensor", "blk.0.q5_1.wieght")
    assert "has no quantized matrix 'norm.weight'" in says("--gguf", GGUF, "--tensor", "norm.weight")
    assert "no selected kernel takes a tensor" in says(Q5, "--gguf", GGUF, "--tensor", "blk.0.q4_0.weight")
    assert "add --gguf" in says("--tensor", "*")
    assert "leave one of the two out" in says(Q5, "--gguf", GGUF, "--case", "blocks=1 data=mixed seed=0")
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(GGUF.read_bytes()[:-9000])
    assert "cut.gguf is truncated: tensor " in says("--gguf", cut)


@pytest.mark.parametrize("where", ["relative", "absolute"])
def test_the_file_is_found_from_the_folder_the_command_works_in(
    kerntrack: Kerntrack, project: Path, where: str
) -> None:
    (project / "model.gguf").write_bytes(GGUF.read_bytes())
    path = Path("model.gguf") if where == "relative" else project / "model.gguf"
    assert kerntrack("verify", Q4, "arch:gfx1100", "--gguf", path, "--tensor", "*q4_0*").code == 0
