"""Files that are not what they should be: one sentence with the file's name, no traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.build.codeobject import read
from tracker.build.records import BuildRecord
from tracker.errors import UsageError

SOURCE = 'extern "C" __attribute__((global)) void k(int* p) { *p = 1; }\n'


def test_a_missing_file(tmp_path: Path) -> None:
    for name in ("none.hsaco", "none.ptx"):
        with pytest.raises(UsageError, match="none"):
            read(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"plain text", b"\x7fELF\x02\x01\x01" + bytes(200)])
def test_something_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kernel.hsaco"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"kernel\.hsaco is not a code object for AMD GPUs"):
        read(path)


def test_text_that_is_no_ptx(tmp_path: Path) -> None:
    path = tmp_path / "kernel.ptx"
    path.write_text("s_endpgm\n")
    with pytest.raises(UsageError, match="is not PTX"):
        read(path)


def test_a_bundle_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "kernel.hsaco"
    path.write_bytes(b"__CLANG_OFFLOAD_BUNDLE__" + bytes(100))
    with pytest.raises(UsageError, match="bundle") as raised:
        read(path)
    assert "clang-offload-bundler" in raised.value.remedy


def test_a_program_for_the_host(tmp_path: Path) -> None:
    path = tmp_path / "kernel.hsaco"
    path.write_bytes(Path("/bin/sh").read_bytes())
    with pytest.raises(UsageError, match="not a code object for AMD GPUs"):
        read(path)


@pytest.mark.parametrize("length", [64, 500, 1500, 3000])
def test_a_truncated_code_object(compile_text: Callable[..., BuildRecord], tmp_path: Path, length: int) -> None:
    record = compile_text(SOURCE)
    assert record.code_object
    path = tmp_path / "cut.hsaco"
    path.write_bytes(record.code_object.read_bytes()[:length])
    with pytest.raises(UsageError, match=r"cut\.hsaco"):
        read(path)


def test_a_code_object_without_its_relocatable_object_still_has_hashes(
    compile_text: Callable[..., BuildRecord], tmp_path: Path
) -> None:
    def alone(text: str) -> str:
        record = compile_text(text)
        assert record.code_object
        path = tmp_path / "alone.hsaco"
        path.write_bytes(record.code_object.read_bytes())
        return read(path).kernels["k"].code_hash

    assert alone(SOURCE) == alone(SOURCE) != alone(SOURCE.replace("= 1", "= 2"))
