"""A fingerprint changes exactly when something that the kernel reaches changes."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.scan import scan_file
from tracker.scan.facts import FileFacts

from .conftest import Scan

SOURCE = """\
#include <stdint.h>
#define QK 32
#define SHIFT(x) ((x) >> 4)
#define OTHER 7
typedef struct { float d; uint8_t qs[QK / 2]; } block_small;
struct block_large { float d; float m; int8_t qs[2 * QK]; };
union either { int i; float f; };
enum mode { fast = 1, slow = 2 };
static const __device__ int8_t table[4] = { 1, 2, 3, 4 };
constexpr int rows = 4;
template <int N> struct traits { static constexpr int lanes = N; using block = block_large; };

static __device__ int deepest(int x) { return SHIFT(x); }
static __device__ int deep(int x) { return deepest(x) + 1; }
static __device__ int lookup(int x) { return table[x & 3]; }
__device__ int pick(float x) { return 1; }
__device__ int pick(int x) { return 2; }
template <int N, int (*F)(int)> static __device__ int apply(int x) { return F(x) * N; }
template <class B> static __device__ float scale(const void *p) { return ((const B *) p)->d; }
struct vec { int x; __device__ vec operator+(const vec &o) const { return {x + o.x}; }
             __device__ operator int() const { return x; } };

#define MADE(NAME, VALUE) extern "C" __global__ void NAME(int *p) { p[0] = deep(VALUE); }
MADE(made_one, 1)
MADE(made_two, OTHER)

extern "C" __global__ void k_lookup(int *p) { p[0] = lookup(p[1]); }
extern "C" __global__ void k_apply_deep(int *p) { p[0] = apply<rows, deep>(p[1]); }
extern "C" __global__ void k_apply_lookup(int *p) { p[0] = apply<2, lookup>(p[1]); }
extern "C" __global__ void k_small(const void *v, float *p) { p[0] = scale<block_small>(v); }
extern "C" __global__ void k_large(const void *v, float *p) { p[0] = scale<traits<8>::block>(v) * traits<8>::lanes; }
extern "C" __global__ void k_enum(int *p) { p[0] = slow; }
extern "C" __global__ void k_union(union either *p) { p->i = 1; }
extern "C" __global__ void k_pick_int(int *p) { p[0] = pick(p[1]); }
extern "C" __global__ void k_pick_float(float *p) { p[0] = pick(p[1]); }
extern "C" __global__ void k_plus(vec *p) { p[0] = p[1] + p[2]; }
extern "C" __global__ void k_convert(vec *p, int *q) { q[0] = p[0]; }
extern "C" __global__ void __launch_bounds__(rows * 32) k_bounds(int *p) { p[0] = 1; }
template <class T> __global__ void k_template(T *p) { p[0] = OTHER; }
template __global__ void k_template<int>(int *);
template __global__ void k_template<float>(float *);
"""

TEMPLATES = {"k_template<int>", "k_template<float>"}
DEEP = {"made_one", "made_two", "k_apply_deep"}
LOOKUP = {"k_lookup", "k_apply_lookup"}

CHANGES = [
    ("own body", "{ q[0] = p[0]; }", "{ q[1] = p[0]; }", {"k_convert"}),
    ("helper of a helper, in a macro", "((x) >> 4)", "((x) >> 3)", DEEP),
    ("helper", "deepest(x) + 1", "deepest(x) + 2", DEEP),
    ("constant table", "{ 1, 2, 3, 4 }", "{ 1, 2, 3, 5 }", LOOKUP),
    ("overload for int", "{ return 2; }", "{ return 3; }", {"k_pick_int"}),
    ("overload for float", "{ return 1; }", "{ return 3; }", {"k_pick_float"}),
    ("function template", "F(x) * N", "F(x) + N", {"k_apply_deep", "k_apply_lookup"}),
    ("template argument", "apply<2, lookup>", "apply<3, lookup>", {"k_apply_lookup"}),
    ("constant used as argument and bound", "rows = 4", "rows = 8", {"k_apply_deep", "k_bounds"}),
    ("macro that sets an array's size", "#define QK 32", "#define QK 64", {"k_small", "k_large"}),
    ("field of a struct reached by template", "float d; float m;", "float m; float d;", {"k_large"}),
    ("field type", "float d; uint8_t", "double d; uint8_t", {"k_small"}),
    ("union", "int i; float f;", "long i; float f;", {"k_union"}),
    ("enumerator", "slow = 2", "slow = 3", {"k_enum"}),
    ("static member of a class template", "lanes = N;", "lanes = N + 1;", {"k_large"}),
    ("overloaded operator", "{x + o.x}", "{x - o.x}", {"k_plus"}),
    ("conversion that nobody writes", "const { return x; }", "const { return -x; }", {"k_convert"}),
    ("text of the macro that makes kernels", "p[0] = deep(VALUE)", "p[1] = deep(VALUE)", {"made_one", "made_two"}),
    ("macro given to the macro", "#define OTHER 7", "#define OTHER 8", {"made_two"} | TEMPLATES),
    ("kernel template", "p[0] = OTHER", "p[1] = OTHER", TEMPLATES),
]  # fmt: skip


def fingerprints(facts: FileFacts) -> dict[str, str]:
    assert [each for each in facts.diagnostics if each.severity != "note"] == []
    return {kernel.name: kernel.fingerprint for kernel in facts.kernels}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    assert before.keys() == after.keys()
    return {name for name, value in before.items() if after[name] != value}


def test_kernels_that_differ_have_different_fingerprints(scan: Scan) -> None:
    found = fingerprints(scan(SOURCE))

    assert len(found) == 16
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize(("old", "new", "reachers"), [each[1:] for each in CHANGES], ids=[each[0] for each in CHANGES])
def test_a_change_shows_in_exactly_the_kernels_that_reach_it(
    scan: Scan, old: str, new: str, reachers: set[str]
) -> None:
    assert SOURCE.count(old) == 1
    before = fingerprints(scan(SOURCE))

    after = fingerprints(scan(SOURCE.replace(old, new)))

    assert changed(before, after) == reachers


def test_names_that_mean_the_same_change_nothing(scan: Scan) -> None:
    before = fingerprints(scan(SOURCE))
    renamed = re.sub(r"\bOTHER\b", "SEVEN", SOURCE).replace("#define QK 32", "#define QK (8 * 4)")

    assert changed(before, fingerprints(scan(renamed))) == set()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.randoms(use_true_random=False))
def test_comments_blanks_and_lines_change_nothing(tmp_path: Path, rng: random.Random) -> None:
    def layout(match: re.Match[str]) -> str:
        return match[0] + rng.choice(["", " ", "/* c */", "/* >> 5 */  "])

    lines = [
        line if line.startswith("#") else re.sub(r"[;{}]", layout, line) + rng.choice(["", "\n", " // (x) << 3"])
        for line in SOURCE.split("\n")
    ]
    plain, other = tmp_path / "plain.cu", tmp_path / "other.cu"
    plain.write_text(SOURCE)
    other.write_text("\n".join(lines))

    assert fingerprints(scan_file(plain, "cuda")) == fingerprints(scan_file(other, "cuda"))


def test_the_file_name_and_folder_do_not_count(scan: Scan, tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()

    here, there = scan(SOURCE), scan(SOURCE, name="deeper/other.cu")

    assert fingerprints(here) == fingerprints(there)


def test_things_without_a_name_are_not_known_by_their_line(scan: Scan) -> None:
    source = """
    template <class F> __device__ int run(F f, int x) { return f(x); }
    struct holder { union { int i; float f; }; struct { int a; } inner; };
    namespace { __device__ int hidden(int x) { return x + 1; } }
    extern "C" __global__ void with_lambda(int *p) { p[0] = run([](int x) { return x + 1; }, p[1]); }
    extern "C" __global__ void with_unnamed(holder *h, int *p) { p[0] = h->i + h->inner.a + hidden(p[1]); }
    """
    before = fingerprints(scan(source))

    assert changed(before, fingerprints(scan("\n\n\n" + source))) == set()
    assert changed(before, fingerprints(scan(source.replace("return x + 1; }, p", "return x + 2; }, p")))) == {
        "with_lambda"
    }
    assert changed(before, fingerprints(scan(source.replace("float f; }", "double f; }")))) == {"with_unnamed"}
    assert changed(before, fingerprints(scan(source.replace("int a;", "long a;")))) == {"with_unnamed"}


def test_a_helper_in_a_header_counts(scan: Scan) -> None:
    unit = '#include "help.h"\nextern "C" __global__ void k(int *p) { p[0] = help(p[1]); }\n'

    one = fingerprints(scan(unit, help="__device__ int help(int x) { return x >> 4; }\n"))
    two = fingerprints(scan(unit, help="__device__ int help(int x) { return x >> 3; }\n"))

    assert changed(one, two) == {"k"}


def test_a_pragma_counts_where_it_holds(scan: Scan) -> None:
    source = """
    extern "C" __global__ void before(float *p) { p[0] = p[1] * p[2] + p[3]; }
    /*FILE*/
    extern "C" __global__ void inside(float *p) {
        /*BODY*/
        p[0] = p[1] * p[2] + p[3];
    }
    extern "C" __global__ void after(float *p) { p[0] = p[1] * p[2] + p[3]; }
    """
    pragma = "\n#pragma clang fp contract(off)\n"
    plain = fingerprints(scan(source))

    assert changed(plain, fingerprints(scan(source.replace("/*BODY*/", pragma)))) == {"inside"}
    assert changed(plain, fingerprints(scan(source.replace("/*FILE*/", pragma)))) == {"inside", "after"}


TARGETS = """
#if defined(__gfx1100__)
#define WARPS 8
#else
#define WARPS 4
#endif
__device__ int only_elsewhere(int x) { return x << 1; }
__device__ int dot(int x) {
#if defined(__GFX11__)
    return only_elsewhere(x) + 1;
#elif defined(__gfx90a__)
    return x + 2;
#else
    return x + 3;
#endif
}
template <int W> __device__ int lanes(int x) {
    if constexpr (W == 64) return x * 5;
    else return x * 6;
}
extern "C" __global__ void plain(int *p) { p[0] = p[1]; }
extern "C" __global__ void uses_dot(int *p) { p[0] = dot(p[1]); }
extern "C" __global__ void uses_lanes(int *p) { p[0] = lanes<64>(p[1]); }
"""


@pytest.mark.parametrize(
    ("old", "new", "reachers"),
    [
        ("(x) + 1;", "(x) + 9;", {"uses_dot"}),
        ("x + 2;", "x + 9;", {"uses_dot"}),
        ("x + 3;", "x + 9;", {"uses_dot"}),
        ("defined(__GFX11__)", "defined(__GFX12__)", {"uses_dot"}),
        ("x << 1", "x << 2", {"uses_dot"}),
        ("x * 6", "x * 7", {"uses_lanes"}),
        ("WARPS 8", "WARPS 16", {"plain", "uses_dot", "uses_lanes"}),
        ("x + 3;", "x + 3; // changed", set()),
    ],
    ids=[
        "branch left out", "branch taken", "last branch", "condition", "helper of a branch left out",
        "branch of if constexpr", "macro outside", "comment",
    ],
)  # fmt: skip
def test_code_for_other_architectures_counts_too(scan: Scan, old: str, new: str, reachers: set[str]) -> None:
    head = "#include <hip/hip_runtime.h>\n"
    before = fingerprints(scan(head + TARGETS, "hip"))
    assert TARGETS.count(old) == 1

    assert changed(before, fingerprints(scan(head + TARGETS.replace(old, new), "hip"))) == reachers


def test_a_header_that_another_architecture_includes_counts(scan: Scan) -> None:
    unit = """#include <hip/hip_runtime.h>
    #if defined(__gfx1100__)
    #include "eleven.h"
    #else
    __device__ int work(int x) { return x; }
    #endif
    extern "C" __global__ void works(int *p) { p[0] = work(p[1]); }
    extern "C" __global__ void plain(int *p) { p[0] = p[1]; }
    """

    before = scan(unit, "hip", eleven="__device__ int work(int x) { return x + 1; }\n")
    after = scan(unit, "hip", eleven="__device__ int work(int x) { return x + 2; }\n")

    assert "eleven.h" in dict(before.dependencies)
    assert changed(fingerprints(before), fingerprints(after)) == {"works"}
