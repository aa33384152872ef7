"""Mutation testing end to end on the smallest kernel, and its bookkeeping."""

from collections import Counter
from pathlib import Path

import pytest

from kernels import HIP_SOURCES, INCLUDE
from tracker.build.toolchain import discover
from tracker.cancel import Cancel
from tracker.check import equivalents
from tracker.check.mutations import Mutation, mutations
from tracker.check.selftest import Mutant, Sources, Summary, Trial, included, mutants, selftest
from tracker.errors import CancelledError, UsageError

QUANTIZE = Path("quantize_q8_1.hip")


PLAIN = """
#include <hip/hip_runtime.h>
#include <hip/hip_fp16.h>
#include <stdint.h>
extern "C" __global__ void quantize_q8_1(const float* x, void* vy, const int kx, const int kx_padded) {
    const int column = blockDim.x * blockIdx.x + threadIdx.x;
    const float value = column < kx ? x[blockIdx.y * kx + column] : 0.0f;
    float largest = fabsf(value);
    float sum = value;
    for (int mask = 16; mask > 0; mask >>= 1) {
        largest = fmaxf(largest, __shfl_xor(largest, mask, 32));
        sum += __shfl_xor(sum, mask, 32);
    }
    const float ratio = value / (largest / 127.0f);
    const int code = ratio == ratio ? (int)roundf(ratio) : 0;
    uint8_t* block = (uint8_t*)vy + (blockIdx.y * kx_padded + column) / 32 * 36;
    block[4 + column % 32] = (uint8_t)code;
    if (column % 32 == 7) {
        ((__half*)block)[0] = __float2half(largest / 127.0f);
        ((__half*)block)[1] = __float2half(sum);
    }
}
"""


HARMLESS = {("column % 32 == 7", "true"), ("7", "8"), ("==", "!="), ("32", "64")}
"""All lanes of a block hold both results, so any of them may store; distances to 16 stay in any 32 lanes."""


def tree(root: Path, cache: Path, *units: Path) -> Sources:
    return Sources(root, units, (INCLUDE,), discover()[0], cache)


def mutant(fault: str = "sign") -> Mutant:
    return Mutant(Path("a.h"), Mutation(fault, 1, "a + b;", 0, 2, 3, "+", "-"), Path("a.hip"), "gfx90a")


def test_faults_in_a_small_kernel_are_killed(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / QUANTIZE).write_text(PLAIN)
    sources = tree(tmp_path / "sources", tmp_path, QUANTIZE)
    trials = list(selftest(sources, ["gfx90a"], Cancel(), seed=1, sample=24))
    outcomes = Counter(trial.outcome for trial in trials)
    assert len(trials) == 24
    assert outcomes["killed"] >= 12
    survivors = {(t.mutant.mutation.before, t.mutant.mutation.after) for t in trials if t.outcome == "survived"}
    assert survivors <= HARMLESS
    for trial in trials:
        if trial.outcome == "killed":
            assert trial.by.startswith("quantize_q8_1: rows=")
            assert trial.families == (("quantize", "killed"),)


def test_a_tree_that_does_not_compile_is_a_users_error(tmp_path: Path) -> None:
    (tmp_path / "broken.hip").write_text("int f() { return 1 + ; }\n")
    with pytest.raises(UsageError, match=r"broken\.hip"):
        list(selftest(tree(tmp_path, tmp_path / "cache", Path("broken.hip")), ["gfx90a"], Cancel()))


def test_cancelling_ends_it(tmp_path: Path) -> None:
    cancel = Cancel()
    trials = selftest(tree(HIP_SOURCES, tmp_path, QUANTIZE), ["gfx90a"], cancel, sample=50, jobs=1)
    next(trials)
    cancel.set()
    with pytest.raises(CancelledError):
        assert len(list(trials)) < 10


def test_a_build_that_is_cancelled_is_no_broken_source(tmp_path: Path) -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(CancelledError):
        list(selftest(tree(HIP_SOURCES, tmp_path, QUANTIZE), ["gfx90a"], cancel, sample=1, jobs=1))


def test_includes_are_followed_through_the_tree(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "a.hip").write_text('#include "core/b.h"\n#include <hip/hip_runtime.h>\n')
    (tmp_path / "core/b.h").write_text('#pragma once\n#include "c.h"\n#include "../a.hip"\n')
    (tmp_path / "core/c.h").write_text("int x = 1;\n")
    assert included(tmp_path, Path("a.hip")) == {Path("a.hip"), Path("core/b.h"), Path("core/c.h")}
    found = mutants(tree(tmp_path, tmp_path, Path("a.hip")), ["gfx1030"], seed=0)
    assert [(m.file, m.unit) for m in found] == [(Path("core/c.h"), Path("a.hip"))]


def test_the_order_of_mutants_depends_on_the_seed_alone(tmp_path: Path) -> None:
    sources = tree(HIP_SOURCES, tmp_path, QUANTIZE)
    archs = ["gfx90a", "gfx1030"]
    assert mutants(sources, archs, 3) == mutants(sources, archs, 3) != mutants(sources, archs, 4)


def test_scores_count_by_fault_and_by_family() -> None:
    summary = Summary()
    summary.add(Trial(mutant("sign"), "killed", "", (("quantize", "killed"), ("get_rows", "survived"))))
    summary.add(Trial(mutant("mask"), "survived", "", (("get_rows", "survived"),)))
    summary.add(Trial(mutant("mask"), "equivalent"))
    summary.add(Trial(mutant("mask"), "rejected"))
    assert (summary.total.killed, summary.total.survived, summary.total.rate) == (1, 1, 0.5)
    assert summary.by_fault["mask"].rate == 0 and summary.by_fault["sign"].rate == 1
    assert summary.by_family["get_rows"].survived == 2
    assert [trial.mutant.mutation.fault for trial in summary.survivors] == ["mask"]


def test_an_equivalent_is_known_by_its_line_and_only_by_that(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"file": "a.h", "line": "int stride = n + 4;", "faults": [["4", "5"]], "reason": "only padding"}
    narrow = {**entry, "line": "int rows = n + 4;", "units": ["q4_0.hip"]}
    monkeypatch.setattr(equivalents, "_table", lambda: (entry, narrow))
    same, other, rows = (
        next(m for m in mutations(text) if m.after == "5")
        for text in ("\n  int stride  = n + 4;\n", "int stride = m + 4;\n", "int rows = n + 4;")
    )
    assert equivalents.reason("a.h", "q5_1.hip", same) == "only padding"
    assert equivalents.reason("a.h", "q5_1.hip", other) == equivalents.reason("b.h", "q5_1.hip", same) == ""
    second = next(m for m in mutations("int stride = n + 4 * 4;") if m.after == "5" and m.nth == 1)
    assert equivalents.reason("a.h", "q5_1.hip", second) == ""
    assert equivalents.reason("a.h", "q4_0.hip", rows) and not equivalents.reason("a.h", "q5_1.hip", rows)
