"""Kernels made by macros: the use's line, the macro, and the line of its text that puts the name."""

import pytest

from .conftest import Scan

PAIR = """
#define KERNELS(TYPE, NAME) \\
    extern "C" __global__ void NAME##_one(TYPE *p) { \\
        p[0] = 1; /* a comment, \\
                     over two lines */ \\
    } \\
    extern "C" __global__ void NAME##_two(TYPE *p) { p[0] = 2; }

KERNELS(float, f32)
KERNELS(
    int,
    i32)
"""

ARGUMENT = """
#define OP(TYPE, \\
           NAME, EXPRESSION) \\
extern "C" \\
__global__ void NAME(TYPE *p) { p[0] = EXPRESSION; }
OP(float, twice, p[0] * 2)
"""

NESTED = """
#define INNER(NAME) \\
    extern "C" __global__ void \\
    NAME(int *p) { p[0] = 1; }
#define OUTER(NAME) INNER(outer_##NAME)
OUTER(kernel)
"""

HEAD_ONLY = """
#define HEAD(NAME) \\
    extern "C" __global__ void NAME##_kernel
HEAD(copy)(int *p) {
    p[0] = 1;
}
"""

HANDED_OVER = """
#define WHEN_ENABLED(...) __VA_ARGS__
WHEN_ENABLED(
    extern "C" __global__ void inside(int *p) { p[0] = 1; }
)
"""

NAME_IS_A_MACRO = """
#define PREFIX(NAME) my_ ## NAME
#define run PREFIX(run)
extern "C" __global__ void
run(int *p) { p[0] = 1; }
"""

NAMED_BY_A_CONSTANT = """
#define NAME plain_name
#define MADE(T) extern "C" __global__ void NAME(T *p) { p[0] = 1; }
MADE(float)
"""

JOINED_BY_A_HELPER = """
#define JOIN_NOW(A, B) A##B
#define JOIN(A, B) JOIN_NOW(A, B)
#define MADE(T, SUFFIX) \\
    extern "C" __global__ void JOIN(scale, SUFFIX)(T *p) { p[0] = 1; }
MADE(float, _f32)
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (PAIR, [("f32_one", 9, "KERNELS", 3), ("f32_two", 9, "KERNELS", 7),
                ("i32_one", 10, "KERNELS", 3), ("i32_two", 10, "KERNELS", 7)]),
        (ARGUMENT, [("twice", 6, "OP", 5)]),
        (NESTED, [("outer_kernel", 6, "INNER", 4)]),
        (HEAD_ONLY, [("copy_kernel", 4, "HEAD", 3)]),
        (HANDED_OVER, [("inside", 4, None, None)]),
        (NAME_IS_A_MACRO, [("my_run", 5, "run", 3)]),
        (NAMED_BY_A_CONSTANT, [("plain_name", 4, "MADE", 3)]),
        (JOINED_BY_A_HELPER, [("scale_f32", 6, "MADE", 5)]),
    ],
    ids=["pair", "argument", "nested", "head_only", "handed_over", "name_is_a_macro", "named_by_a_constant",
         "joined_by_a_helper"],
)  # fmt: skip
def test_lines_of_macro_made_kernels(
    scan: Scan, source: str, expected: list[tuple[str, int, str | None, int | None]]
) -> None:
    facts = scan(source)

    found = [
        (each.symbol, each.place.line, each.macro, each.macro_place.line if each.macro_place else None)
        for each in facts.kernels
    ]
    assert found == expected
    assert facts.diagnostics == ()


def test_a_macro_of_a_header_is_named_with_its_file(scan: Scan) -> None:
    facts = scan('#include "ops.h"\n\nOP(copy)\n', ops='\n#define OP(N) extern "C" __global__ void N(int *p) {}\n')

    kernel = facts.kernels[0]
    assert (kernel.place.path, kernel.place.line) == ("unit.cu", 3)
    assert kernel.macro_place is not None
    assert (kernel.macro_place.path, kernel.macro_place.line) == ("ops.h", 2)
