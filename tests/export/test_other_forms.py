"""Plain files, the C header and the bundle hold the same code objects as the crate."""

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

import tracker.cli
from tests.export.conftest import ARCHS, SYMBOLS, kerntrack
from tracker.export.bundle import ALIGNMENT, unbundle

SCHEMA = Path(tracker.cli.__file__).with_name("schemas") / "export.json"
PROGRAM = r"""
#include "kernels.h"
#include <stdio.h>
int main(int count, char **arguments) {
    const struct kerntrack_code_object *object = kerntrack_find(arguments[1]);
    if (count != 2 || !object) return 3;
    fwrite(object->bytes, 1, object->size, stdout);
    return 0;
}
"""


@pytest.fixture(scope="module")
def plain(checked: Path) -> Path:
    folder = checked.parent / "hsaco"
    ended = kerntrack(checked, "export", "hsaco", folder)
    assert ended.exit_code == 0, ended.output
    return folder


def test_the_manifest_follows_its_schema(plain: Path) -> None:
    manifest = json.loads((plain / "manifest.json").read_text())
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(manifest)
    assert [each["symbol"] for each in manifest["kernels"]] == list(SYMBOLS)
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=plain, capture_output=True, text=True, check=False)
    assert checked.stdout == "gfx90a.hsaco: OK\ngfx1100.hsaco: OK\n"


def test_all_forms_hold_the_same_code_objects(plain: Path, crate: Path) -> None:
    for arch in ARCHS:
        assert (plain / f"{arch}.hsaco").read_bytes() == (crate / "hsaco" / f"{arch}.hsaco").read_bytes()


def test_the_header_compiles_and_finds_by_target_id(checked: Path, plain: Path, tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("needs cc (a C compiler)")
    ended = kerntrack(checked, "export", "header", tmp_path)
    assert ended.exit_code == 0, ended.output
    (tmp_path / "main.c").write_text(PROGRAM)
    warnings = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
    subprocess.run([compiler, *warnings, "main.c", "-o", "main"], cwd=tmp_path, check=True)
    for target, arch in (("gfx90a:sramecc+:xnack-", "gfx90a"), ("gfx1100", "gfx1100")):
        found = subprocess.run([tmp_path / "main", target], capture_output=True, check=True).stdout
        assert found == (plain / f"{arch}.hsaco").read_bytes()
    assert subprocess.run([tmp_path / "main", "gfx11"], check=False).returncode == 3


@pytest.fixture(scope="module")
def bundled(checked: Path) -> Path:
    ended = kerntrack(checked, "export", "bundle", "../kernels.hipfb")  # from where -C says
    assert ended.exit_code == 0, ended.output
    return checked.parent / "kernels.hipfb"


def test_the_bundle_reads_back(bundled: Path, plain: Path) -> None:
    content = bundled.read_bytes()
    found = unbundle(content)
    assert next(iter(found)).startswith("host-") and not next(iter(found.values()))
    for arch in ARCHS:
        inside = found[f"hipv4-amdgcn-amd-amdhsa--{arch}"]
        assert inside == (plain / f"{arch}.hsaco").read_bytes()
        assert content.index(inside) % ALIGNMENT == 0


def test_llvms_own_bundler_takes_it_apart(bundled: Path, plain: Path, tmp_path: Path) -> None:
    program = shutil.which("clang-offload-bundler")
    if not program:
        pytest.skip("needs clang-offload-bundler (LLVM)")
    for arch in ARCHS:
        target = f"hipv4-amdgcn-amd-amdhsa--{arch}"
        options = (
            "--type=o",
            "--unbundle",
            f"--targets={target}",
            f"--inputs={bundled}",
            f"--outputs={tmp_path / arch}",
        )
        subprocess.run([program, *options], check=True)
        assert (tmp_path / arch).read_bytes() == (plain / f"{arch}.hsaco").read_bytes()


@pytest.mark.parametrize(
    "content", [b"", b"something else that is long enough to be read", b"__CLANG_OFFLOAD_BUNDLE__\1"]
)
def test_what_is_no_bundle_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="bundle"):
        unbundle(content)


def test_a_cut_bundle_is_refused(bundled: Path) -> None:
    with pytest.raises(ValueError, match="ends"):
        unbundle(bundled.read_bytes()[:-1])
