"""Faults are put where they belong, change exactly one place, and leave comments and directives alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.check.mutations import mutations, tokens


def faults(text: str, fault: str) -> set[str]:
    """All texts that one class of fault makes of `text`."""
    return {mutation.apply(text) for mutation in mutations(text) if mutation.fault == fault}


@pytest.mark.parametrize(
    ("fault", "before", "after"),
    [
        ("shift", "q >> 4;", {"q << 4;", "q >> 5;", "q >> 3;"}),
        ("mask", "q & 0x30u;", {"q & 0x18u;", "q & 0x20u;"}),
        ("nibble order", "q & 0x0F0F0F0F;", {"q >> 4 & 0x0F0F0F0F;"}),
        (
            "lanes",
            "__shfl_xor(x, 16, 32);",
            {"__shfl_xor(x, 8, 32);", "__shfl_xor(x, 16, 64);", "__shfl_xor(x, 16, 16);"},
        ),
        ("lanes", "exchange(x, 4);", {"exchange(x, 2);", "exchange(x, 8);"}),
        ("lanes", "constexpr int group_lanes = 32;", {"constexpr int group_lanes = 64;"}),
        ("lanes", "mask /= 2;", {"mask /= 4;"}),
        ("swap", "f(a, b, 2 * c);", {"f(b, a, 2 * c);"}),
        ("swap", "#define F(x) \\\n  f(x, \\\n    y)\n", {"#define F(x) \\\n  f(y, x)\n"}),
        ("stride", "block * 36;", {"block * 72;"}),
        ("index", "scale[i / 2];", {"scale[i / 2 + 1];"}),
        ("constant", "return 7;", {"return 8;"}),
        ("sign", "a - b;", {"a + b;"}),
        ("sum", "total += x;", {"total = x;"}),
        ("term", "d * sum + f(m - 1) * s;", {"d * sum ;", "d * sum + f(m ) * s;"}),
        ("bound", "row < rows;", {"row <= rows;"}),
        ("guard", "if (f(row) < n) g();", {"if (true) g();", "if (false) g();"}),
        ("barrier", "a; __syncthreads(); b;", {"a; ; b;"}),
        ("precision", "float sum = 0;", {"_Float16 sum = 0;"}),
        ("signedness", "(int8_t)q;", {"(uint8_t)q;"}),
        ("function", "roundf(x);", {"rintf(x);", "truncf(x);"}),
        ("operator", "a && b;", {"a || b;"}),
    ],
)
def test_each_class_makes_the_faults_it_stands_for(fault: str, before: str, after: set[str]) -> None:
    assert after <= faults(before, fault)


def test_comments_strings_and_directives_are_left_alone() -> None:
    text = "// a + b\n#define N 4 + \\\n  5\n#define F(x) // x + 1\n"
    text += '/* x >> 3 */\n#include "a + 1.h"\nasm("v_add 1 + 2");\n'
    assert list(mutations(text)) == []


def test_templates_pointers_and_signs_are_no_operators() -> None:
    assert faults("vector<int> *p = -x; f<T>(&y);", "bound") == set()
    assert faults("vector<int> *p = -x; f<T>(&y);", "sign") == set()


@pytest.mark.parametrize(
    "text",
    ["float a[2][n];", "void f(float (&a)[2]);", "struct { uint8_t qs[16]; };", "T b[4] = {};", "Codes a[n], b[2][n];"],
)
def test_array_sizes_in_declarations_are_no_indices(text: str) -> None:
    assert faults(text, "index") == set()


def test_arguments_that_may_stand_either_way_stay() -> None:
    assert faults("fmaf(a, b, c); min(a, b);", "swap") == {"fmaf(a, c, b); min(a, b);"}


@pytest.mark.parametrize(
    "text",
    ["return a[i];", "x = f(a)[i][j];", "(*p)[i] = 0;", "a.b[i] += c->d[j];", "v[i] = x.x, v[j] = x.y;", "f(a, b[i]);"],
)
def test_subscripts_are_indices(text: str) -> None:
    assert len(faults(text, "index")) == text.count("[")


def test_a_mutation_names_its_line_and_both_texts() -> None:
    (barrier,) = (m for m in mutations("a;\nb;\n  __syncthreads();\n") if m.fault == "barrier")
    assert str(barrier) == "line 3: barrier: '__syncthreads();' becomes ';' in '__syncthreads();'"
    assert [str(m).split(" becomes")[0] for m in mutations("if (a < b && c < d)") if m.fault == "bound"] == [
        "line 1: bound: '<' (number 0)",
        "line 1: bound: '<' (number 1)",
    ]


def test_no_two_mutations_give_the_same_text() -> None:
    text = "int f(int a) { for (int i = 0; i < 32; i += 2) a += (a >> 4) & 0xF; return a * 2 + 1; }"
    made = [mutation.apply(text) for mutation in mutations(text)]
    assert len(made) == len(set(made)) > 20
    assert text not in made


@given(st.text(alphabet="ab10x<>=&|+-*/%()[]{};, \n\"'#_.", max_size=60))
def test_any_text_can_be_taken_apart(text: str) -> None:
    for token in tokens(text):
        assert text[token.start : token.end] == token.text
    for mutation in mutations(text):
        assert text[mutation.start : mutation.end] == mutation.before
        assert mutation.apply(text) != text
