"""The crate as its user meets it: built, tested, linted and documented by Cargo, without a network."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.export import hipcc
from tests.export.conftest import ARCHS, SYMBOLS, Cargo, kerntrack
from tests.kernels.kernel_units import expected


@pytest.fixture
def copy(crate: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(crate, tmp_path / "crate"))


def test_cargo_test_passes_offline_and_the_linters_are_quiet(crate: Path, cargo: Cargo) -> None:
    tested = cargo(crate, "test")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "7 passed" in tested.stdout
    clippy = cargo(crate, "clippy", "--all-targets", "--", "-D", "warnings")
    assert clippy.returncode == 0, clippy.stderr
    documented = cargo(crate, "doc", RUSTDOCFLAGS="-D warnings")
    assert documented.returncode == 0, documented.stderr
    formatted = cargo(crate, "fmt", "--check")
    assert formatted.returncode == 0, formatted.stdout


@pytest.mark.parametrize("arch", ARCHS)
def test_a_symbol_taken_out_of_a_code_object_fails_cargo_test(copy: Path, cargo: Cargo, arch: str) -> None:
    file = copy / "hsaco" / f"{arch}.hsaco"
    name = SYMBOLS[0].encode() + b"\0"
    assert file.read_bytes().count(name) == 1
    file.write_bytes(file.read_bytes().replace(name, b"x" * (len(name) - 1) + b"\0"))
    tested = cargo(copy, "test")
    assert tested.returncode != 0
    assert f"{arch} lacks {SYMBOLS[0]}" in tested.stdout


def test_another_processors_code_object_fails_cargo_test(copy: Path, cargo: Cargo) -> None:
    shutil.copy(copy / "hsaco" / "gfx90a.hsaco", copy / "hsaco" / "gfx1100.hsaco")
    tested = cargo(copy, "test")
    assert "every_code_object_is_for_its_processor ... FAILED" in tested.stdout


def test_the_crate_says_what_it_holds(crate: Path) -> None:
    manifest = json.loads((crate / "hsaco" / "manifest.json").read_text())
    library = (crate / "src" / "lib.rs").read_text()
    for entry in manifest["code_objects"]:
        found = hashlib.sha256((crate / "hsaco" / entry["file"]).read_bytes()).hexdigest()
        assert found == entry["sha256"] and found in library
    assert {(each["symbol"], each["arch"]) for each in manifest["evidence"]} == {(s, a) for s in SYMBOLS for a in ARCHS}
    assert {each["state"] for each in manifest["evidence"]} == {"emulated"}
    assert "NOT CHECKED" not in (crate / "README.md").read_text()
    assert "0 are verified on a device, 4 emulated" in (crate / "README.md").read_text()
    parameters = [(each["name"], each["type"], each["offset"]) for each in manifest["kernels"][0]["parameters"]]
    assert parameters == [("vx", "const void *", 0), ("y", "float *", 8), ("k", "int", 16)]
    assert manifest["kernels"][0]["max_threads"] == 256


def test_kernels_that_are_not_emulated_are_refused(project: Path, tmp_path: Path) -> None:
    source = project / "src" / "q4.hip"
    source.write_text(source.read_text().replace("__half2float(block.d) *", "2 * __half2float(block.d) *"))
    ended = kerntrack(project, "export", "rust", tmp_path / "crate")
    assert ended.exit_code == 1
    assert f"{SYMBOLS[0]} on gfx90a" in ended.stderr and "kerntrack verify" in ended.stderr
    assert not (tmp_path / "crate").exists()


def test_an_unverified_crate_says_so(project: Path, tmp_path: Path) -> None:
    source = project / "src" / "q4.hip"
    source.write_text(source.read_text().replace("__half2float(block.d) *", "2 * __half2float(block.d) *"))
    ended = kerntrack(project, "export", "rust", tmp_path / "crate", "--allow-unverified")
    assert ended.exit_code == 0, ended.output
    assert "2 NOT CHECKED" in (tmp_path / "crate" / "README.md").read_text()
    assert "pub const UNVERIFIED: usize = 2;" in (tmp_path / "crate" / "src" / "lib.rs").read_text()


def test_what_is_there_is_not_replaced_unasked(checked: Path, crate: Path) -> None:
    ended = kerntrack(checked, "export", "rust", crate)
    assert ended.exit_code == 2 and "--force" in ended.stderr
    assert kerntrack(checked, "export", "rust", crate / "x", "--name", "3x").exit_code == 2


def test_recompiling_with_hipcc_gives_the_same_kernels(copy: Path, cargo: Cargo, tmp_path: Path) -> None:
    program = hipcc.write(tmp_path)
    tested = cargo(copy, "test", "--features", "recompile", HIPCC=str(program))
    assert tested.returncode == 0, tested.stdout + tested.stderr
    (copy / "sources" / "q4.hip").write_text("nonsense\n")
    assert "unknown type name 'nonsense'" in cargo(copy, "test", "--features", "recompile", HIPCC=str(program)).stderr


def test_hip_names_are_the_same_in_list_and_code_objects(tmp_path: Path, cargo: Cargo) -> None:
    import kernels

    (tmp_path / "kerntrack.toml").write_text(
        f'baselines = ["candle-5152ef621"]\nhip = ["{kernels.HIP_SOURCES}/q8_0.hip"]\narchs = ["gfx1100"]\n'
        'cache = "builds"\ndefines = ["KERNTRACK_HIP_NAMES"]\n[rename]\n"_cuda" = "_hip"\n'
    )
    ended = kerntrack(tmp_path, "scan")
    assert ended.exit_code == 0, ended.output
    ended = kerntrack(tmp_path, "export", "rust", tmp_path / "crate", "q8_0", "--allow-unverified")
    assert ended.exit_code == 0, ended.output
    listed = {
        each["symbol"] for each in json.loads((tmp_path / "crate" / "hsaco" / "manifest.json").read_text())["kernels"]
    }
    assert listed == {symbol.replace("cuda", "hip") for symbol in expected()["q8_0"]}
    assert "mul_mat_vec_q8_0_q8_1_hip8" in listed
    tested = cargo(tmp_path / "crate", "test")
    assert tested.returncode == 0, tested.stdout + tested.stderr
