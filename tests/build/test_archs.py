"""The table of architectures against what clang itself knows about them."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.build.archs import ARCHS, get_arch
from tracker.build.codeobject import read
from tracker.build.records import BuildRecord
from tracker.build.toolchain import Toolchain

AMD = [name for name, arch in ARCHS.items() if arch.vendor == "amd"]
DOTS = {
    "sdot4": "__builtin_amdgcn_sdot4(a, b, c, false)",
    "sudot4": "__builtin_amdgcn_sudot4(true, a, true, b, c, false)",
}


@pytest.mark.parametrize("arch", AMD)
def test_clang_accepts_exactly_the_dot_product_of_the_table(tmp_path: Path, toolchain: Toolchain, arch: str) -> None:
    accepted = set()
    for name, call in DOTS.items():
        source = tmp_path / f"{name}.hip"
        source.write_text(f"__attribute__((device)) int dot(int a, int b, int c) {{ return {call}; }}\n")
        flags = ("-x", "hip", "--cuda-device-only", f"--offload-arch={arch}", "-nogpulib", "-nogpuinc", "-nostdinc")
        done = subprocess.run((*toolchain.clang, *flags, "-S", source, "-o", tmp_path / "out.s"), capture_output=True)
        accepted |= {name} if done.returncode == 0 else set()
    assert accepted == {ARCHS[arch].dot} - {"bytes"}


GREEDY = """#include <hip/hip_runtime.h>
extern "C" __global__ void __launch_bounds__({threads}) greedy(const float* from, float* to, int n) {{
    __shared__ float tile[{lds}];
    float held[{held}];
    tile[threadIdx.x] = from[threadIdx.x];
    __syncthreads();
    for (int i = 0; i < {held}; ++i) held[i] = tile[(threadIdx.x * 7 + i) & 15];
    for (int k = 0; k < n; ++k)
        for (int i = 0; i < {held}; ++i) held[i] = held[i] * held[(i + 1) % {held}] + from[k * {held} + i];
    for (int i = 0; i < {held}; ++i) to[threadIdx.x * {held} + i] = held[i];
}}
"""


@pytest.mark.parametrize("arch", ["gfx906", "gfx90a", "gfx942", "gfx1010", "gfx1030", "gfx1100", "gfx1102", "gfx1201"])
@pytest.mark.parametrize("threads, lds, held", [(256, 16, 24), (256, 16, 60), (64, 3000, 8), (128, 9000, 40)])
def test_occupancy_is_what_llvm_computes(
    compile_text: Callable[..., BuildRecord], arch: str, threads: int, lds: int, held: int
) -> None:
    record = compile_text(GREEDY.format(threads=threads, lds=lds, held=held), arch)
    assert record.code_object and record.assembly, record.output
    assert f"; Occupancy: {read(record.code_object).kernels['greedy'].occupancy}\n" in record.assembly.read_text()


def test_what_does_not_fit_has_no_occupancy() -> None:
    assert get_arch("gfx90a").occupancy(vgprs=8, sgprs=8, lds=65537, threads=64) == 0
    assert get_arch("gfx950").occupancy(vgprs=8, sgprs=8, lds=65537, threads=1024) > 0
