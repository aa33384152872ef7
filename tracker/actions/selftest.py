"""Selftest: put faults into the project's HIP sources and count how many the check notices."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from kernels import INCLUDE
from tracker.actions.events import Event, Finished, Note, Plan, Step
from tracker.build import toolchain
from tracker.cancel import Cancel
from tracker.check.selftest import Score, Sources, Summary, mutants, selftest
from tracker.config import Project
from tracker.errors import UsageError

AIM = 0.99
"""Share of the mutants that change results and must be noticed."""


def run(
    project: Project, cancel: Cancel, *, files: str = "*", sample: int | None = None, seed: int = 0
) -> Iterator[Event]:
    """Try `sample` mutants (None: all) of the files that match a pattern, on the project's archs; write nothing.

    Good when the share noticed reaches `AIM` and there was something to notice. Raises UsageError when no file matches,
    AbsentError without a compiler.
    """
    tree = _sources(project)
    total = len(mutants(tree, project.archs, seed, files))
    if not total:
        raise UsageError(f"no HIP source matches {files}", "give a pattern such as 'families/*' or 'q5_1.hip'")
    yield Plan("mutants", min(total, sample or total))
    summary = Summary()
    trials = selftest(tree, project.archs, cancel, seed=seed, sample=sample, files=files, jobs=project.jobs)
    for done, trial in enumerate(trials, 1):
        summary.add(trial)
        if trial.outcome == "survived":
            yield Note(f"survived: {trial.mutant}; {trial.by}", "warning")
        yield Step(done, f"{summary.total.rate:.1%} noticed")
    score = summary.total
    judged = score.killed + score.survived
    yield Finished(
        judged > 0 and score.rate >= AIM,
        f"{score.killed} of {judged} mutants noticed ({score.rate:.2%}, aim {AIM:.0%}), "
        f"{score.equivalent} equivalent, {score.rejected} rejected",
        {"all": asdict(score), "faults": _scores(summary.by_fault), "families": _scores(summary.by_family)},
    )


def _sources(project: Project) -> Sources:
    folders = [path for path in project.hip if path.is_dir()]
    if len(folders) != 1:
        raise UsageError("selftest needs a project whose `hip` is one folder", "name one folder in kerntrack.toml")
    root = folders[0]
    units = tuple(path.relative_to(root) for path in sorted(root.rglob("*.hip")))
    return Sources(root, units, (*project.include, INCLUDE), toolchain.discover()[0], project.cache)


def _scores(scores: Mapping[str, Score]) -> dict[str, dict[str, int]]:
    return {name: asdict(score) for name, score in sorted(scores.items())}
