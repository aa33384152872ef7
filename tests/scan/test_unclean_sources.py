"""Sources that do not parse cleanly, are not there, or hold nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tracker.errors import UsageError
from tracker.scan import find_sources, scan_file
from tracker.scan.sources import repository_of

from .conftest import Scan

BROKEN = """\
#include "nowhere.h"
extern "C" __global__ void good(int *p) { p[0] = 1; }
extern "C" __global__ void unknown_types(const fp7 *x, void *y, count_t n) {}
#define MADE(T) extern "C" __global__ void made_##T(T *p, count_t n) { p[0] = SIZE; }
MADE(int)
extern "C" __global__ void no_expression(int *p) { p[0] = ; p[1] = 2; }
extern "C" __global__ void no_semicolon(int *p) { p[0] = 2 }
template <class T> __global__ void instance(T *p) { p[0] = 3; }
template __global__ void instance<float>(float *);
"""


def test_a_file_with_errors_still_gives_its_kernels_and_all_diagnostics(scan: Scan) -> None:
    facts = scan(BROKEN)

    assert [kernel.name for kernel in facts.kernels] == [
        "good", "unknown_types", "made_int", "no_expression", "no_semicolon", "instance<float>"
    ]  # fmt: skip
    assert {each.severity for each in facts.diagnostics} == {"error"}
    assert [each.place.line for each in facts.diagnostics] == [1, 3, 3, 5, 5, 6, 7]
    assert (facts.diagnostics[5].column, facts.diagnostics[5].message) == (59, "expected expression")
    assert ("nowhere.h", "") in facts.dependencies


def test_a_type_that_is_not_known_is_told_as_written(scan: Scan) -> None:
    kernels = {kernel.symbol: kernel for kernel in scan(BROKEN).kernels}

    assert [each.type for each in kernels["unknown_types"].parameters] == ["const fp7 *", "void *", "count_t"]
    assert [each.type for each in kernels["made_int"].parameters] == ["int *", "unknown type"]


@pytest.mark.parametrize(
    ("old", "new", "kernel"),
    [("p[0] = ; p[1]", "p[0] = ; p[2]", "no_expression"), ("p[0] = SIZE;", "p[0] = SIZE + 1;", "made_int")],
)
def test_a_change_in_text_that_does_not_parse_counts(scan: Scan, old: str, new: str, kernel: str) -> None:
    before = {each.name: each.fingerprint for each in scan(BROKEN).kernels}
    after = {each.name: each.fingerprint for each in scan(BROKEN.replace(old, new)).kernels}

    assert {name for name in before if before[name] != after[name]} == {kernel}


def test_warnings_are_kept_and_are_no_errors(scan: Scan) -> None:
    facts = scan('#warning "mind this"\nextern "C" __global__ void k() {}\n')

    assert [(each.severity, each.place.line, each.message) for each in facts.diagnostics] == [
        ("warning", 1, '"mind this"')
    ]


def test_bytes_that_are_no_text_do_not_stop_a_scan(tmp_path: Path) -> None:
    file = tmp_path / "bytes.cu"
    file.write_bytes(b'// \xff\xfe\x00\nextern "C" __global__ void k() {}\n')

    assert [kernel.symbol for kernel in scan_file(file, "cuda").kernels] == ["k"]


def test_an_empty_file_has_no_kernels(scan: Scan) -> None:
    facts = scan("")

    assert (facts.kernels, facts.diagnostics) == ((), ())


@pytest.mark.parametrize("name", ["missing.cu", "."], ids=["missing", "folder"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as failure:
        scan_file(tmp_path / name, "cuda")

    assert str(tmp_path / name) in failure.value.message
    assert failure.value.remedy


def test_defines_and_include_folders_reach_the_parser(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "made.h").write_text('#ifdef WANTED\nextern "C" __global__ void wanted() {}\n#endif\n')
    file = tmp_path / "unit.cu"
    file.write_text('#include "made.h"\n')

    facts = scan_file(file, "cuda", include=(tmp_path / "own",), defines=("WANTED=1",))

    assert [(each.symbol, each.place.path) for each in facts.kernels] == [("wanted", "own/made.h")]


def test_kernels_and_helpers_of_a_toolkit_outside_the_project_are_not_the_projects(tmp_path: Path) -> None:
    project, toolkit = tmp_path / "project", tmp_path / "toolkit"
    project.mkdir()
    toolkit.mkdir()
    (toolkit / "kit.h").write_text(
        'extern "C" __global__ void kit_kernel() {}\n__device__ inline int kit(int x) { return x; }\n'
    )
    file = project / "unit.cu"
    file.write_text('#include <kit.h>\nextern "C" __global__ void own(int *p) { p[0] = kit(1); }\n')

    facts = scan_file(file, "cuda", include=(toolkit,), root=project)

    assert [(each.symbol, each.helpers) for each in facts.kernels] == [("own", ())]
    assert facts.helpers == ()
    assert str(toolkit / "kit.h") in dict(facts.dependencies)


def test_a_real_toolkits_headers_take_the_place_of_ours(tmp_path: Path) -> None:
    header = tmp_path / "rocm" / "include" / "hip" / "hip_runtime.h"
    header.parent.mkdir(parents=True)
    header.write_text(
        "#define __global__ __attribute__((global))\n"
        "#define __device__ __attribute__((device))\n"
        "__device__ int only_the_real_one_has_this(int);\n"
    )
    project = tmp_path / "project"
    project.mkdir()
    file = project / "unit.hip"
    file.write_text(
        '#include <hip/hip_runtime.h>\nextern "C" __global__ void k(int *p) { p[0] = only_the_real_one_has_this(1); }\n'
    )

    facts = scan_file(file, "hip", include=(header.parent.parent,), root=project)

    assert facts.diagnostics == ()
    assert [(each.symbol, each.helpers) for each in facts.kernels] == [("k", ())]
    assert [path for path, _hash in facts.dependencies] == [str(header)]


def test_sources_are_found_in_folders_and_files_named_are_taken_as_they_are(tmp_path: Path) -> None:
    for name in ("b.cu", "deep/a.cu", "deep/head.cuh", "deep/port.hip", ".hidden/c.cu", "named.inc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    cuda = find_sources([tmp_path, tmp_path / "b.cu", tmp_path / "named.inc"], "cuda")
    hip = find_sources([tmp_path], "hip")

    assert [each.relative_to(tmp_path).as_posix() for each in cuda] == ["b.cu", "deep/a.cu", "named.inc"]
    assert [each.relative_to(tmp_path).as_posix() for each in hip] == ["deep/port.hip"]


def test_a_folder_without_sources_and_a_path_that_is_not_there_are_errors(tmp_path: Path) -> None:
    (tmp_path / "only.txt").touch()

    with pytest.raises(UsageError, match=r"holds no CUDA source \(\*\.cu\)"):
        find_sources([tmp_path], "cuda")
    with pytest.raises(UsageError, match="does not exist"):
        find_sources([tmp_path / "nowhere"], "hip")


def test_a_recording_knows_files_by_their_place_in_the_working_tree(tmp_path: Path) -> None:
    file = tmp_path / "repo" / "src" / "deep" / "unit.cu"
    file.parent.mkdir(parents=True)

    assert repository_of(file) == file.parent
    (tmp_path / "repo" / ".git").mkdir()
    assert repository_of(file) == tmp_path / "repo"


def test_libclang_is_loaded_only_by_a_parse() -> None:
    program = "import sys, tracker.scan, tracker.scan.arguments, tracker.scan.pairing, tracker.scan.baseline"

    result = subprocess.run(
        [sys.executable, "-c", program + "; print('clang' in sys.modules)"], capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "False"


def test_patterns_tell_what_to_pass_over_in_folders_but_not_of_files_that_are_named(tmp_path: Path) -> None:
    for name in ("a.cu", "a_test.cu", "third_party/b.cu", "deep/third_party/more/c.cu", "deep/d.cu"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = find_sources([tmp_path], "cuda", ["third_party/*", "*_test.cu"])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["a.cu", "deep/d.cu"]
    named = tmp_path / "a_test.cu"
    assert find_sources([named], "cuda", ["*_test.cu"]) == [named]
    with pytest.raises(UsageError, match="holds no CUDA source"):
        find_sources([tmp_path], "cuda", ["*"])
