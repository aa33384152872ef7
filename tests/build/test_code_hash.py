"""Evidence belongs to a code hash: it must change with what a kernel does, and with nothing else."""

from collections.abc import Callable

import pytest

Hashes = Callable[..., dict[str, str]]

SOURCE = """
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __constant__ __attribute__((constant))
static __constant__ const int small[4] = {1, 2, 3, 5};
static __constant__ const int other[64] = {7, 1};
__device__ __attribute__((noinline)) int times(int x) { return x * 3; }
__device__ __attribute__((noinline)) int looked_up(int x) { return x * 5 + small[x & 3]; }
typedef int (*function)(int);
__device__ function functions[2] = {times, times};
extern "C" __global__ void plain(const int* a, int* b, int n) { if (n > 0) b[n] = a[n] >> 4; }
extern "C" __global__ void calls(const int* a, int* b, int n) { b[n] = looked_up(a[n]); }
extern "C" __global__ void reads(const int* a, int* b, int n) { b[n] = other[a[n] & 63]; }
extern "C" __global__ void indirect(const int* a, int* b, int n) { b[n] = functions[n & 1](a[n]); }
"""
ARCHS = ("gfx90a", "gfx1030", "gfx1100", "gfx1201", "sm_90")
ALL = {"plain", "calls", "reads", "indirect"}

BOUNDS = "__attribute__((launch_bounds(64), amdgpu_flat_work_group_size(1, 64)))"
CHANGES = {
    "a shift": (">> 4", ">> 5", {"plain"}),
    "a helper's constant": ("x * 5", "x * 6", {"calls"}),
    "an entry of a small table that a helper reads": ("3, 5}", "3, 6}", {"calls"}),
    "an entry of a table that a kernel reads": ("{7, 1}", "{7, 2}", {"reads"}),
    "a function that is only reached through a pointer": ("x * 3", "x * 7", {"indirect"}),
    "launch bounds": ("void plain", f"void {BOUNDS} plain", {"plain"}),
}
NAME = "a helper's name"  # stands in PTX, which is text
NEUTRAL = {
    "a comment on a line": ("return x * 3;", "return x * 3; /* three */"),
    "a comment that moves lines": ("typedef", "// one\n// two\ntypedef"),
    NAME: ("looked_up", "a_much_longer_name_for_it"),
    "spaces": ("a[n] >> 4", "a [ n ]  >>  4"),
    "a kernel more": ("extern", 'extern "C" __global__ void more(int* b) { b[0] = small[b[1] & 3]; }\nextern'),
    "a longer table": ("other[64]", "first[32] = {9, 9, 9}, other[64]"),
}


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("what", CHANGES)
def test_what_a_kernel_does_changes_its_hash_and_no_other(hashes: Hashes, arch: str, what: str) -> None:
    old, new, affected = CHANGES[what]
    before, after = hashes(SOURCE, arch), hashes(SOURCE.replace(old, new, 1), arch)
    assert {symbol for symbol in ALL if before[symbol] != after[symbol]} == affected


@pytest.mark.parametrize(
    "arch, what", [(arch, what) for arch in ARCHS for what in NEUTRAL if arch != "sm_90" or what != NAME]
)
def test_what_changes_no_behaviour_changes_no_hash(hashes: Hashes, arch: str, what: str) -> None:
    old, new = NEUTRAL[what]
    changed = SOURCE.replace(old, new) if what == NAME else SOURCE.replace(old, new, 1)
    assert changed != SOURCE
    before, after = hashes(SOURCE, arch), hashes(changed, arch)
    assert {symbol: after[symbol] for symbol in ALL} == before


def test_kernels_and_archs_have_hashes_of_their_own(hashes: Hashes) -> None:
    found = [value for arch in ARCHS for value in hashes(SOURCE, arch).values()]
    assert len(set(found)) == len(found) == len(ARCHS) * len(ALL)
