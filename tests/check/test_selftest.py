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


def tree(root: Path, cache: Path, *units: Path) -> Sources:
    return Sources(root, units, (INCLUDE,), discover()[0], cache)


def mutant(fault: str = "sign") -> Mutant:
    return Mutant(Path("a.h"), Mutation(fault, 1, 0, 1, "+", "-"), Path("a.hip"), "gfx90a")


def test_a_sample_of_mutants_of_quantize_q8_1_is_killed(tmp_path: Path) -> None:
    sources = tree(HIP_SOURCES, tmp_path, QUANTIZE)
    trials = list(selftest(sources, ["gfx90a"], Cancel(), seed=1, sample=14, files=QUANTIZE.name))
    outcomes = Counter(trial.outcome for trial in trials)
    assert len(trials) == 14
    assert outcomes["survived"] == 0 and outcomes["killed"] >= 7
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
    entry = {"file": "a.h", "line": "int stride = n + 4;", "before": "4", "after": "5", "reason": "only padding"}
    monkeypatch.setattr(equivalents, "_table", lambda: (entry,))
    (same,) = (m for m in mutations("\n  int stride  = n + 4;\n") if m.after == "5")
    (other,) = (m for m in mutations("int stride = m + 4;\n") if m.after == "5")
    assert equivalents.reason("core/a.h", "\n  int stride  = n + 4;\n", same) == "only padding"
    assert equivalents.reason("core/a.h", "int stride = m + 4;\n", other) == ""
    assert equivalents.reason("core/b.h", "\n  int stride  = n + 4;\n", same) == ""


def test_every_recorded_equivalent_still_stands_in_the_sources() -> None:
    text = {path.name: path.read_text() for path in HIP_SOURCES.rglob("*") if path.suffix in (".h", ".hip")}
    for entry in equivalents._table():
        lines = [" ".join(line.split()) for line in text[entry["file"]].splitlines()]
        assert " ".join(entry["line"].split()) in lines, entry
        assert entry["before"] in entry["line"] and entry["reason"]
