"""Linking units to one code object: every kernel is in it, unchanged, and nothing is silently dropped."""

import shutil
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from tests.export.conftest import ARCHS, Q4, Q5, SHARED, SYMBOLS
from tracker.build.codehash import linked_as_built
from tracker.build.compiler import compile_unit
from tracker.build.elf import Elf
from tracker.build.link import link_objects
from tracker.build.records import Unit
from tracker.build.toolchain import Toolchain, discover
from tracker.cancel import Cancel
from tracker.errors import CancelledError, UsageError

TABLE = "\nstatic __constant__ const float value_of[16] = {-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7};\n"
WITH_TABLE = TABLE.join(Q4.split("\n", 1)).replace("float(code - 8)", "value_of[code]")
"""The same kernel with constant data, at whose address the linker must put something."""


@pytest.fixture(scope="module")
def toolchain() -> Toolchain:
    return discover("ziglang")[0]


def build(folder: Path, toolchain: Toolchain, arch: str, *texts: str) -> list[Path]:
    """Objects of the units, in order."""
    (folder / "shared").mkdir(exist_ok=True)
    (folder / "shared" / "kernel.h").write_text(SHARED)
    objects = []
    for number, text in enumerate(texts):
        source = folder / f"{number}.hip"
        source.write_text(text)
        record = compile_unit(Unit(source), arch, toolchain, folder / "builds", Cancel())
        assert record.code_object, record.output
        objects.append(record.code_object.with_suffix(".o"))
    return objects


@pytest.mark.parametrize("arch", ARCHS)
def test_one_note_tells_of_all_kernels(tmp_path: Path, toolchain: Toolchain, arch: str) -> None:
    file = tmp_path / "all.hsaco"
    file.write_bytes(link_objects(build(tmp_path, toolchain, arch, WITH_TABLE, Q5), toolchain, Cancel()))
    with file.open("rb") as stream:
        notes = [n for s in ELFFile(stream).iter_sections() if s["sh_type"] == "SHT_NOTE" for n in s.iter_notes()]
    assert len(notes) == 1
    assert sorted(kernel[".name"] for kernel in Elf(file).metadata["amdhsa.kernels"]) == list(SYMBOLS)


def test_a_kernel_of_other_code_is_noticed(tmp_path: Path, toolchain: Toolchain) -> None:
    (right,) = build(tmp_path, toolchain, "gfx1100", WITH_TABLE)
    shutil.copy(right.with_suffix(".hsaco"), tmp_path / "linked.hsaco")
    (wrong,) = build(tmp_path, toolchain, "gfx1100", WITH_TABLE.replace("& 15;", "& 7;"))
    linked = Elf(tmp_path / "linked.hsaco")
    assert linked_as_built(Elf(right), linked, SYMBOLS[0])
    assert not linked_as_built(Elf(wrong), linked, SYMBOLS[0])
    assert not linked_as_built(Elf(right), linked, SYMBOLS[1])


def test_a_name_defined_twice_is_an_error(tmp_path: Path, toolchain: Toolchain) -> None:
    objects = build(tmp_path, toolchain, "gfx1100", Q4, Q4.replace("& 15;", "& 7;"))
    with pytest.raises(UsageError, match=f"duplicate symbol: {SYMBOLS[0]}"):
        link_objects(objects, toolchain, Cancel())


def test_linking_can_be_cancelled(tmp_path: Path, toolchain: Toolchain) -> None:
    objects = build(tmp_path, toolchain, "gfx1100", Q4)
    cancel = Cancel()
    cancel.set()
    with pytest.raises(CancelledError):
        link_objects(objects, toolchain, cancel)
