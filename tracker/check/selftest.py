"""Mutation testing of the check itself: put one fault after another into the kernels and see that it notices.

A mutant is compiled, its kernels' code hashes are compared with the originals', and those that changed are checked
with the quick cases until one fails. Outcomes: `killed`; `survived`; `equivalent`, when no machine code changed or a
reason is on record why results cannot change; `rejected`, when it cannot be compiled or run. Only killed and survived
ones tell something about the check.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Literal

from kernels.contracts import contract_for
from kernels.names import KernelName, identify
from tracker.build import codeobject
from tracker.build.compiler import compile_unit
from tracker.build.records import BuildRecord, KernelObject, Unit
from tracker.build.toolchain import Toolchain
from tracker.cancel import Cancel
from tracker.check.equivalents import reason
from tracker.check.mutations import Mutation, mutations
from tracker.check.runner import DEVICE_LACKS, check_cases, describe
from tracker.devices.emulator import EmulatorDevice
from tracker.devices.protocol import Artifact, Module
from tracker.errors import UsageError

MutantOutcome = Literal["killed", "survived", "equivalent", "rejected"]
STEP_LIMIT = 500_000
"""Instructions after which a mutant counts as running for ever; quick cases of right kernels need a tenth."""
QUOTED = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Sources:
    """A tree of kernel sources: its root, the units in it (relative), and what they are compiled with and into."""

    root: Path
    units: tuple[Path, ...]
    includes: tuple[Path, ...]
    toolchain: Toolchain
    cache: Path


@dataclass(frozen=True)
class Mutant:
    """A fault in one file (relative to the root), to be seen through one unit on one arch."""

    file: Path
    mutation: Mutation
    unit: Path
    arch: str

    def __str__(self) -> str:
        return f"{self.file.as_posix()} {self.mutation} (in {self.unit.name}, {self.arch})"


@dataclass(frozen=True)
class Trial:
    """What became of one mutant. `by`: what killed it, or which kernels it changed unnoticed."""

    mutant: Mutant
    outcome: MutantOutcome
    by: str = ""
    families: tuple[tuple[str, MutantOutcome], ...] = ()
    """For each family with kernels whose code it changed: killed or survived there."""


@dataclass
class Score:
    """Counts of outcomes; `rate` is killed by killed and survived, 1 when there are none."""

    killed: int = 0
    survived: int = 0
    equivalent: int = 0
    rejected: int = 0

    def count(self, outcome: MutantOutcome) -> None:
        """One more of an outcome."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    @property
    def rate(self) -> float:
        """Share of the mutants that could be noticed and were."""
        judged = self.killed + self.survived
        return self.killed / judged if judged else 1.0


@dataclass
class Summary:
    """Scores of all trials, by fault class and by kernel family, and the survivors."""

    total: Score = field(default_factory=Score)
    by_fault: dict[str, Score] = field(default_factory=dict)
    by_family: dict[str, Score] = field(default_factory=dict)
    survivors: list[Trial] = field(default_factory=list)

    def add(self, trial: Trial) -> None:
        """Count one trial."""
        fault = self.by_fault.setdefault(trial.mutant.mutation.fault, Score())
        self.total.count(trial.outcome)
        fault.count(trial.outcome)
        for family, outcome in trial.families:
            self.by_family.setdefault(family, Score()).count(outcome)
        if trial.outcome == "survived":
            self.survivors.append(trial)


def included(root: Path, unit: Path) -> frozenset[Path]:
    """The unit and all files of the tree that it includes by quoted names, relative to `root`."""
    found: set[Path] = set()
    waiting = [unit]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        for name in QUOTED.findall((root / file).read_text(encoding="utf-8")):
            near = [(root / file).parent / name, root / name]
            waiting += [path.resolve().relative_to(root.resolve()) for path in near if path.is_file()][:1]
    return frozenset(found)


def mutants(sources: Sources, archs: Sequence[str], seed: int, files: str = "*") -> list[Mutant]:
    """Every mutant of the tree's files that match a pattern, in random order.

    Each goes to one unit that includes its file and to one arch, drawn by the seed.
    """
    random = Random(seed)
    reach = {unit: included(sources.root, unit) for unit in sources.units}
    found = []
    for file in sorted(frozenset().union(*reach.values())):
        if not fnmatch(file.as_posix(), files):
            continue
        users = [unit for unit in sources.units if file in reach[unit]]
        for mutation in mutations((sources.root / file).read_text(encoding="utf-8")):
            found.append(Mutant(file, mutation, random.choice(users), random.choice(archs)))
    random.shuffle(found)
    return found


def selftest(
    sources: Sources,
    archs: Sequence[str],
    cancel: Cancel,
    *,
    seed: int = 0,
    sample: int | None = None,
    files: str = "*",
    jobs: int = 2,
) -> Iterator[Trial]:
    """Try mutants (`sample` of them, or all), `jobs` at a time, and yield each outcome as it comes.

    Raises UsageError when a unit does not compile as it stands, and CancelledError after the trials under way.
    """
    with TemporaryDirectory(prefix="kerntrack-selftest-") as folder:
        frozen = _snapshot(sources, Path(folder))
        chosen = mutants(frozen, archs, seed, files)[:sample]
        original = cache(lambda unit, arch: _original(frozen, unit, arch, cancel))
        work = ((attempt, frozen, mutant, original(mutant.unit, mutant.arch), seed) for mutant in chosen)
        yield from _parallel(work, cancel, jobs)
    cancel.check()


def _snapshot(sources: Sources, folder: Path) -> Sources:
    """A copy of the tree that nobody edits meanwhile, with a build cache of its own."""
    shutil.copytree(sources.root, folder / "sources")
    return replace(sources, root=folder / "sources", cache=folder / "builds")


def _parallel(work: Iterable[tuple[Any, ...]], cancel: Cancel, jobs: int) -> Iterator[Trial]:
    """Results of calls, `jobs` at a time, until all are made or somebody cancels."""
    with ProcessPoolExecutor(jobs) as pool:
        waiting: set[Future[Trial]] = set()
        for call in work:
            if len(waiting) > 2 * jobs:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
            if cancel.is_set():
                break
            waiting.add(pool.submit(*call))
        yield from (future.result() for future in waiting)


@dataclass(frozen=True)
class Original:
    """A unit as it is: the key of its build and its kernels' code hashes."""

    key: str
    hashes: dict[str, str]


def _original(sources: Sources, unit: Path, arch: str, cancel: Cancel) -> Original:
    record = _compile(sources, sources.root, unit, arch, cancel)
    cancel.check()
    if not record.ok:
        raise UsageError(f"{unit} does not compile for {arch}: {record.output}", "mend it before testing the check")
    return Original(record.key, {symbol: kernel.code_hash for symbol, kernel in _kernels(record).items()})


def _compile(sources: Sources, root: Path, unit: Path, arch: str, cancel: Cancel) -> BuildRecord:
    return compile_unit(Unit(root / unit, (root, *sources.includes)), arch, sources.toolchain, sources.cache, cancel)


def _kernels(record: BuildRecord) -> dict[str, KernelObject]:
    assert record.code_object is not None
    return codeobject.read(record.code_object).kernels


def attempt(sources: Sources, mutant: Mutant, original: Original, seed: int) -> Trial:
    """Compile one mutant in a copy of the tree and check the kernels it changed. Its build is removed afterwards."""
    with TemporaryDirectory(prefix="kerntrack-mutant-") as folder:
        root = Path(folder, "sources")
        shutil.copytree(sources.root, root)
        file = root / mutant.file
        text = file.read_text(encoding="utf-8")
        file.write_text(mutant.mutation.apply(text), encoding="utf-8")
        record = _compile(sources, root, mutant.unit, mutant.arch, Cancel())
    if record.key == original.key:
        return Trial(mutant, "equivalent", "the compiler does not see it")
    if not record.code_object:
        return Trial(mutant, "rejected", "it does not compile")
    try:
        trial = _compared(mutant, record, original, seed)
    finally:
        shutil.rmtree(record.code_object.parent)
    known = reason(mutant.file.name, mutant.unit.name, mutant.mutation) if trial.outcome == "survived" else ""
    return Trial(mutant, "equivalent", known) if known else trial


def _compared(mutant: Mutant, record: BuildRecord, original: Original, seed: int) -> Trial:
    kernels = _kernels(record)
    changed = sorted(symbol for symbol, known in original.hashes.items() if _hash(kernels.get(symbol)) != known)
    if not changed:
        return Trial(mutant, "equivalent", "the same machine code")
    try:
        return _judge(mutant, record, changed, seed)
    except UnrunnableError as error:
        return Trial(mutant, "rejected", str(error))


class UnrunnableError(Exception):
    """The emulator cannot run a mutant: no verdict."""


def _hash(kernel: KernelObject | None) -> str:
    return kernel.code_hash if kernel else "absent"


def _judge(mutant: Mutant, record: BuildRecord, changed: list[str], seed: int) -> Trial:
    """Check the changed kernels family by family, each until one fails."""
    assert record.code_object is not None
    device = EmulatorDevice(mutant.arch, STEP_LIMIT)
    module = device.load(Artifact(mutant.arch, record.code_object, record.assembly))
    families: dict[str, str] = {}
    for symbol in changed:
        name = identify(symbol)
        if name and not families.get(name.family):
            families[name.family] = _complaint(device, module, name, seed)
    killers = [complaint for complaint in families.values() if complaint]
    outcomes = tuple((family, _outcome(complaint)) for family, complaint in families.items())
    return Trial(mutant, _outcome("".join(killers)), (killers or [f"changed: {', '.join(changed)}"])[0], outcomes)


def _outcome(complaint: str) -> MutantOutcome:
    return "killed" if complaint else "survived"


def _complaint(device: EmulatorDevice, module: Module, name: KernelName, seed: int) -> str:
    """What is wrong with a kernel according to its quick cases; empty when nothing is."""
    contract = contract_for(name)
    if contract is None:
        return ""
    if name.symbol not in module.symbols:
        return f"{name.symbol}: no longer there"
    for ran in check_cases(device, module, name, contract, "quick", seed):
        if ran.fault and ran.fault.kind == DEVICE_LACKS:
            raise UnrunnableError(ran.fault.message)
        if not ran.result.passed:
            return f"{name.symbol}: {describe(ran.result)}"
    return ""
