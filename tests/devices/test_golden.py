"""`kerntrack golden`: record CUDA originals on a stand-in for an NVIDIA GPU, compare the port elsewhere."""

import json
import zipfile
from pathlib import Path

import jsonschema
import pytest

import tracker.cli
from devices.conftest import Q4, Q5, Run

SCHEMA = json.loads((Path(tracker.cli.__file__).with_name("schemas") / "golden.json").read_text())


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("golden")


@pytest.fixture
def golden(kerntrack: Run, nvidia: pytest.MonkeyPatch, recordings: Path) -> Path:
    """Both kernels recorded, once."""
    file = recordings / "both.golden"
    if not file.exists():
        ended = kerntrack("golden", "record", str(file), f"{Q5},{Q4}")
        assert ended.code == 0, ended
        assert "2 of 2 kernels recorded" in ended.err
    return file


def test_a_port_that_does_the_same_is_equal_in_every_bit(kerntrack: Run, golden: Path) -> None:
    ended = kerntrack("golden", "compare", str(golden), "--arch", "gfx1100", "--device", "emulator", "--json")
    assert ended.code == 0, ended
    assert "recorded on Emulated GeForce (sm_90; CUDA 13.0" in ended.err
    document = json.loads(ended.out)
    jsonschema.validate(document, SCHEMA)
    assert {each["symbol"]: (each["outcome"], each["bits"]) for each in document["results"]} == {
        Q5: ("equal", 0),
        Q4: ("equal", 0),
    }
    assert all(each["cases"] and each["elements"] for each in document["results"])
    table = kerntrack("golden", "compare", str(golden), Q4, "--arch", "gfx1100", "--device", "emulator")
    assert ["dequantize", "gfx1100", "1", "1", "0", "0", "0"] in [line.split()[:7] for line in table.out.splitlines()]
    assert "1 equal in every bit" in table.err


def test_a_recording_is_compared_on_a_gpu(
    kerntrack: Run, golden: Path, environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hip", reason="needs hip-python")
    assert kerntrack("golden", "compare", str(golden), Q4, "--device", "0").code == 0
    monkeypatch.setenv("FAKEHIP_INJECT", "wrong bit")
    ended = kerntrack("golden", "compare", str(golden), Q4, "--device", "0", "--json")
    assert ended.code == 1
    (result,) = json.loads(ended.out)["results"]
    assert (result["outcome"], result["bits"], result["differing"]) == ("failed", result["cases"], result["cases"])
    assert "the original has" in result["message"]


def test_a_port_that_does_not_end_is_told_apart_from_one_that_differs(
    kerntrack: Run, golden: Path, environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hip", reason="needs hip-python")
    monkeypatch.setenv("FAKEHIP_INJECT", "hang")
    monkeypatch.setenv("FAKEHIP_KERNEL", Q5)
    ended = kerntrack("golden", "compare", str(golden), "--device", "0", "--json")
    outcomes = {each["symbol"]: each["outcome"] for each in json.loads(ended.out)["results"]}
    assert (ended.code, outcomes) == (4, {Q5: "timed out", Q4: "equal"})


def test_changed_code_shows_in_the_comparison(kerntrack: Run, golden: Path, folder: Path) -> None:
    port = folder / "port.hip"
    before = port.read_text()
    try:
        port.write_text(before.replace("float(code - 8)", "float(code - 7)"))
        ended = kerntrack("golden", "compare", str(golden), "--arch", "gfx1100", "--device", "emulator", "--json")
    finally:
        port.write_text(before)
    assert ended.code == 1
    found = {each["symbol"]: each for each in json.loads(ended.out)["results"]}
    assert found[Q5]["outcome"] == "equal" and found[Q4]["outcome"] == "failed"
    assert found[Q4]["bits"] > found[Q4]["differing"] > 0


def test_a_fault_while_recording_is_told_and_leaves_the_others(
    kerntrack: Run, nvidia: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FAKECUDA_INJECT", "illegal address")
    monkeypatch.setenv("FAKECUDA_KERNEL", Q5)
    ended = kerntrack("golden", "record", str(tmp_path / "one.golden"), f"{Q5},{Q4}")
    assert ended.code == 1
    assert f"{Q5}: " in ended.err and "CUDA_ERROR_ILLEGAL_ADDRESS" in ended.err and "1 of 2 kernels" in ended.err


def test_files_that_are_no_golden_files(kerntrack: Run, golden: Path, tmp_path: Path) -> None:
    again = kerntrack("golden", "record", str(golden), Q5)
    assert again.code == 2 and "--force" in again.err
    broken = tmp_path / "broken.golden"
    broken.write_bytes(golden.read_bytes()[:-100])
    for file in (broken, tmp_path / "absent.golden"):
        ended = kerntrack("golden", "compare", str(file))
        assert ended.code == 2 and f"{file} is not a golden file" in ended.err


@pytest.mark.parametrize(("as_the_oracle", "outcome", "code"), [(False, "disputed", 0), (True, "failed", 1)])
def test_an_original_that_contradicts_the_oracle_is_no_fault_of_the_port(
    kerntrack: Run, golden: Path, tmp_path: Path, as_the_oracle: bool, outcome: str, code: int
) -> None:
    other = tmp_path / "other.golden"
    with zipfile.ZipFile(golden) as old, zipfile.ZipFile(other, "w") as new:
        header = json.loads(old.read("golden.json"))
        header["kernels"] = {Q4: header["kernels"][Q4]}
        header["kernels"][Q4][0]["as_the_oracle"] = as_the_oracle
        new.writestr("golden.json", json.dumps(header))
        new.writestr(Q4, bytes(each ^ 0x40 for each in old.read(Q4)[:4]) + old.read(Q4)[4:])
    ended = kerntrack("golden", "compare", str(other), "--arch", "gfx1100", "--device", "emulator", "--json")
    assert ended.code == code, ended
    (result,) = json.loads(ended.out)["results"]
    assert (result["outcome"], result["disputed"], result["differing"]) == (outcome, int(not as_the_oracle), 1)
    assert "the original has" in result["message"]


def test_other_inputs_than_those_recorded_are_not_compared(kerntrack: Run, golden: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.golden"
    with zipfile.ZipFile(golden) as old, zipfile.ZipFile(other, "w") as new:
        header = json.loads(old.read("golden.json"))
        header["kernels"][Q5][0]["inputs"] = "0" * 64
        new.writestr("golden.json", json.dumps(header))
        new.writestr(Q5, old.read(Q5))
        new.writestr(Q4, old.read(Q4)[:-4])
    ended = kerntrack("golden", "compare", str(other), "--arch", "gfx1100", "--device", "emulator")
    assert ended.code == 1
    assert "the inputs are not those recorded" in ended.out and f"{Q4} gfx1100: " in ended.out


def test_originals_may_be_given_as_built(kerntrack: Run, nvidia: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ptx = tmp_path / "theirs.ptx"
    ptx.write_text(
        f".version 8.0\n.target sm_90\n.address_size 64\n.visible .entry {Q5}(\n.param .u64 a\n)\n{{\nret;\n}}\n"
    )
    ended = kerntrack("golden", "record", str(tmp_path / "q5.golden"), Q5, "--originals", str(ptx))
    assert ended.code == 0, ended
