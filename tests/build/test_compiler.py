"""Compiling: what comes out, what is found again, what a failing, hanging or cancelled compiler leaves behind."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tracker.build.archs import ARCHS
from tracker.build.codeobject import read
from tracker.build.compiler import compile_unit, compile_units
from tracker.build.records import BuildRecord, Unit
from tracker.build.toolchain import Toolchain
from tracker.cancel import Cancel
from tracker.errors import UsageError

Compile = Callable[..., BuildRecord]

COPY = """#include <hip/hip_runtime.h>
extern "C" __global__ void copy(const float* from, float* to, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) to[i] = from[i];
}
"""


@pytest.mark.parametrize("arch", [name for name, arch in ARCHS.items() if arch.vendor == "amd"])
def test_every_amd_architecture_builds_and_says_what_the_table_says(compile_text: Compile, arch: str) -> None:
    record = compile_text(COPY, arch)
    assert record.ok, record.output
    assert record.code_object and record.assembly
    code_object = read(record.code_object)
    assert code_object.target == f"amdgcn-amd-amdhsa--{arch}"
    assert code_object.kernels["copy"].wave_size == ARCHS[arch].wave_size
    flags = int.from_bytes(record.code_object.read_bytes()[48:52], "little")
    assert flags & 0xFF == ARCHS[arch].mach  # EF_AMDGPU_MACH of ELF64 e_flags
    assert f"; Occupancy: {code_object.kernels['copy'].occupancy}\n" in record.assembly.read_text()


PTX = """#include <hip/hip_runtime.h>
struct pair { int a; char b[6]; };
extern "C" __global__ void __launch_bounds__(128) one(const float* from, float* to, int n, pair p, unsigned char c) {
    __shared__ float tile[33];
    tile[threadIdx.x] = from[n];
    __syncthreads();
    to[n] = tile[n & 15] + p.a + p.b[3] + c;
}
__global__ void two(float* to) { to[0] = 1; }
"""


@pytest.mark.parametrize("arch", ["sm_80", "sm_90"])
def test_hip_source_becomes_ptx(compile_text: Compile, arch: str) -> None:
    record = compile_text(PTX, arch)
    assert record.code_object and record.output == ""
    code_object = read(record.code_object)
    assert code_object.target == arch
    assert set(code_object.kernels) == {"one", "_Z3twoPf"}
    one, two = code_object.kernels["one"], code_object.kernels["_Z3twoPf"]
    pointer = "global_buffer"
    sizes = ((pointer, 0, 8), (pointer, 8, 8), ("by_value", 16, 4), ("by_value", 20, 12), ("by_value", 32, 1))
    assert (one.arguments, one.lds, one.max_threads) == (sizes, 33 * 4, 128)
    assert (two.arguments, two.lds, two.max_threads) == (((pointer, 0, 8),), 0, 1024)


CUDA = """#include "cuda_fp16.h"
#include <cstdint>
template <typename T> __device__ T twice(T x) { return x + x; }
extern "C" __global__ void half_sum(const __half* from, float* to, const int n) {
    __shared__ float part[256];
    part[threadIdx.x] = twice(__half2float(from[blockIdx.x * blockDim.x + threadIdx.x]));
    __syncthreads();
    float sum = part[threadIdx.x ^ 1];
    for (int distance = 16; distance > 0; distance >>= 1) sum += __shfl_xor_sync(0xffffffff, sum, distance, 32);
    if (threadIdx.x == 0) to[blockIdx.x] = sum;
}
"""


@pytest.mark.parametrize("arch", ["gfx90a", "gfx1100", "sm_90"])
def test_cuda_source_is_compiled_as_it_stands(tmp_path: Path, toolchain: Toolchain, arch: str) -> None:
    source = tmp_path / "kernel.cu"
    source.write_text(CUDA)
    record = compile_unit(Unit(source, language="cuda"), arch, toolchain, tmp_path / "cache", Cancel())
    assert record.code_object, record.output
    assert read(record.code_object).kernels["half_sum"].lds == 1024


def test_a_full_target_id_reaches_the_code_object(compile_text: Compile) -> None:
    record = compile_text(COPY, "gfx90a:sramecc+:xnack-")
    assert record.code_object, record.output
    assert read(record.code_object).target == "amdgcn-amd-amdhsa--gfx90a:sramecc+:xnack-"


def test_resources_agree_with_the_assembly(compile_text: Compile) -> None:
    text = COPY.replace("int i", "__shared__ float tile[100]; tile[threadIdx.x] = from[n]; __syncthreads(); int i")
    record = compile_text(text.replace("to[i] = from[i]", "to[i] = from[i] + tile[n & 63]"), "gfx1030")
    assert record.code_object and record.assembly, record.output
    kernel = read(record.code_object).kernels["copy"]
    metadata = record.assembly.read_text().partition(".amdgpu_metadata\n")[2].partition("\n...")[0]
    (listed,) = yaml.safe_load(metadata.removeprefix("---\n"))["amdhsa.kernels"]
    assert (kernel.vgprs, kernel.sgprs, kernel.lds) == (listed[".vgpr_count"], listed[".sgpr_count"], 400)
    assert (kernel.scratch, kernel.vgpr_spills, kernel.max_threads) == (0, 0, 1024)
    explicit = [argument for argument in kernel.arguments if not argument[0].startswith("hidden")]
    assert explicit == [("global_buffer", 0, 8), ("global_buffer", 8, 8), ("by_value", 16, 4)]


def test_the_recorded_commands_reproduce_the_code_object(compile_text: Compile, tmp_path: Path) -> None:
    record = compile_text(COPY, "gfx1100", folder="a folder with spaces")
    folder = tmp_path / "by hand"
    folder.mkdir()
    for command in record.commands:
        subprocess.run(shlex.split(command), cwd=folder, check=True)
    assert record.code_object
    assert (folder / "kernel.hsaco").read_bytes() == record.code_object.read_bytes()


def test_a_second_build_is_found_and_a_comment_on_a_line_does_not_matter(compile_text: Compile) -> None:
    first = compile_text(COPY)
    again = compile_text(COPY)
    commented = compile_text(COPY.replace("int i =", "/* the element */ int i ="))
    elsewhere = compile_text(COPY, folder="elsewhere")
    assert (first.cached, again.cached, commented.cached, elsewhere.cached) == (False, True, True, True)
    assert {record.key for record in (first, again, commented, elsewhere)} == {first.key}
    assert again.code_object == first.code_object


@pytest.mark.parametrize(
    "old, new",
    [("from[i];", "from[i] + 1;"), ("int i =", "// moves lines\nint i ="), ("#include", "#define unused 1\n#include")],
)
def test_whatever_changes_the_product_is_built_anew(compile_text: Compile, old: str, new: str) -> None:
    first, changed = compile_text(COPY), compile_text(COPY.replace(old, new))
    assert changed.key != first.key and not changed.cached


def test_arch_and_defines_have_keys_of_their_own(tmp_path: Path, toolchain: Toolchain) -> None:
    source = tmp_path / "unit.hip"
    source.write_text(COPY)
    units = [(Unit(source), "gfx90a"), (Unit(source), "gfx908"), (Unit(source, defines=("N=1",)), "gfx90a")]
    records = list(compile_units(units, toolchain, tmp_path / "cache", Cancel(), jobs=2))
    assert len({record.key for record in records}) == 3
    assert all(record.ok for record in records)


def test_a_changed_header_is_noticed(tmp_path: Path, toolchain: Toolchain) -> None:
    (tmp_path / "headers").mkdir()
    header, source = tmp_path / "headers" / "step.h", tmp_path / "unit.hip"
    source.write_text('#include <hip/hip_runtime.h>\n#include "step.h"\n__global__ void k(int* p) { *p += STEP; }\n')
    unit = Unit(source, includes=(tmp_path / "headers",))
    keys = []
    for step in (1, 2, 1):
        header.write_text(f"#define STEP {step}\n")
        keys.append(compile_unit(unit, "gfx90a", toolchain, tmp_path / "cache", Cancel()).key)
    assert keys[0] == keys[2] != keys[1]


def test_an_error_stands_at_its_line_with_the_source_and_a_caret(compile_text: Compile) -> None:
    record = compile_text(COPY.replace("from[i]", "form[i]"))
    assert (record.outcome, record.ok, record.cached) == ("failed", False, False)
    assert record.returncode != 0
    message, source, caret, *_ = record.output.splitlines()
    assert "unit.hip:4:24: error: " in message and "'form'" in message
    assert source.endswith("if (i < n) to[i] = form[i];")
    assert source[caret.index("^")] == "f"


def test_a_missing_header_and_a_missing_source_are_failed_builds(
    tmp_path: Path, compile_text: Compile, toolchain: Toolchain
) -> None:
    record = compile_text('#include "absent.h"\n')
    assert record.outcome == "failed"
    assert ": fatal error: " in record.output.splitlines()[0]
    missing = compile_unit(Unit(tmp_path / "none.hip"), "gfx90a", toolchain, tmp_path / "cache", Cancel())
    assert missing.outcome == "failed" and "none.hip" in missing.output


def test_a_compiler_that_is_gone_is_a_failed_build(tmp_path: Path, compile_text: Compile) -> None:
    gone = Toolchain("ziglang", "gone", (str(tmp_path / "no clang"),), ("lld",))
    record = compile_unit(Unit(compile_text(COPY).unit.source), "gfx90a", gone, tmp_path / "cache", Cancel())
    assert record.outcome == "failed" and "no clang" in record.output


def test_an_unknown_architecture_names_its_neighbours(compile_text: Compile) -> None:
    with pytest.raises(UsageError) as raised:
        compile_text(COPY, "gfx110")
    assert "gfx1100" in raised.value.remedy


SLOW = """#!{python}
import os, subprocess, sys, time
if "-E" in sys.argv:
    open(sys.argv[-1], "w").write("text")
    sys.exit()
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", stubborn])
open("{pids}", "w").write(str(os.getpgrp()))
open("kernel.s", "w").write("half")
time.sleep(60)
"""


@pytest.fixture
def slow(tmp_path: Path) -> Toolchain:
    """A compiler that hangs, as does a child of it that ignores being asked to end."""
    program = tmp_path / "slow"
    program.write_text(SLOW.format(python=sys.executable, pids=tmp_path / "group"))
    program.chmod(0o755)
    return Toolchain("ziglang", "slow", (str(program),), (str(program),))


@pytest.mark.skipif(sys.platform == "win32", reason="needs process groups")
@pytest.mark.parametrize("how", ["cancelled", "timed out"])
def test_giving_up_ends_the_whole_process_group_and_leaves_nothing(tmp_path: Path, slow: Toolchain, how: str) -> None:
    source, cancel, group = tmp_path / "unit.hip", Cancel(), tmp_path / "group"
    source.write_text(COPY)
    ended: list[float] = []

    def give_up() -> None:
        while not (group.exists() and group.read_text()):
            time.sleep(0.01)
        ended.append(time.monotonic())
        cancel.set()

    if how == "cancelled":
        threading.Thread(target=give_up).start()
    record = compile_unit(Unit(source), "gfx90a", slow, tmp_path / "cache", cancel, timeout=1.5)
    assert record.outcome == how and not record.ok
    if ended:
        assert time.monotonic() - ended[0] < 1
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []
    deadline = time.monotonic() + 5
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:  # a killed process may be listed until its parent has noticed
            os.killpg(int(group.read_text()), 0)
            time.sleep(0.01)


def test_whoever_stops_listening_stops_the_compilers(tmp_path: Path, slow: Toolchain, toolchain: Toolchain) -> None:
    source = tmp_path / "unit.hip"
    source.write_text(COPY)
    cancel = Cancel()
    started = time.monotonic()
    records = compile_units([(Unit(source), "gfx90a")] * 4, slow, tmp_path / "cache", cancel, jobs=2)
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        next(records)
    assert time.monotonic() - started < 2
    assert not cancel.is_set()


def test_a_source_that_changes_meanwhile_is_not_stored_under_the_wrong_key(
    tmp_path: Path, toolchain: Toolchain
) -> None:
    source = tmp_path / "unit.hip"
    source.write_text(COPY)
    script = tmp_path / "clang"
    edit = f"sed -i s/from.i./0.0f/ {shlex.quote(str(source))}"
    script.write_text(f'#!/bin/sh\ncase "$*" in *" -S "*) {edit};; esac\nexec {shlex.join(toolchain.clang)} "$@"\n')
    script.chmod(0o755)
    editing = Toolchain("ziglang", toolchain.version, (str(script),), toolchain.lld)
    record = compile_unit(Unit(source), "gfx90a", editing, tmp_path / "cache", Cancel())
    assert record.outcome == "failed" and "changed" in record.output
    assert compile_unit(Unit(source), "gfx90a", toolchain, tmp_path / "cache", Cancel()).cached is False


def test_the_compiler_writes_nothing_outside_the_cache(
    tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(home))
    source = tmp_path / "unit.hip"
    source.write_text(COPY)
    assert compile_unit(Unit(source), "gfx90a", toolchain, tmp_path / "cache", Cancel()).ok
    assert list(home.iterdir()) == []
