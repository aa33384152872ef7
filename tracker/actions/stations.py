"""Where checks run: on emulators, several kernels at a time, or on one GPU, kernel after kernel."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from tracker.actions.events import Note
from tracker.build.archs import get_arch
from tracker.build.compiler import compile_units
from tracker.build.records import BuildRecord, Unit
from tracker.build.toolchain import Toolchain, discover, discover_nvidia
from tracker.cancel import Cancel
from tracker.config import HERE, Project
from tracker.errors import AbsentError, UsageError
from tracker.limits import DEFAULT, Limits, exceeded

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tracker.devices.isolated import IsolatedDevice

Answer = TypeVar("Answer", covariant=True)


class Task(Protocol[Answer]):
    """What is to be done with one kernel. Can be pickled, as what it returns can."""

    @property
    def symbol(self) -> str:
        """The kernel."""

    @property
    def arch(self) -> str:
        """The column of the matrix."""

    @property
    def files(self) -> tuple[Path, ...]:
        """What it reads; their names differ."""

    def moved(self, to: Mapping[str, Path]) -> Self:
        """The same task where the files lie elsewhere, by name."""

    def emulate(self) -> Answer:
        """Do it on an emulator, in the process that calls."""

    def on_gpu(self, gpu: "IsolatedDevice", cancel: Cancel) -> Answer:
        """Do it on a GPU."""

    def broken(self, message: str, gpu: "Gpu | None" = None, late: bool = False) -> Answer:
        """What to say when the process that did it ended; `late`: at its time limit.

        `gpu`: where that was; None for the emulator.
        """


class Gpu(Protocol):
    """A GPU as evidence names it."""

    @property
    def kind(self) -> str:
        """Whose runtime it has: `hip` or `cuda`."""

    @property
    def name(self) -> str:
        """The vendor's name."""

    @property
    def target(self) -> str:
        """Full target id."""

    @property
    def runtime(self) -> str:
        """Its runtime and driver with their versions."""


@dataclass(frozen=True)
class Station:
    """The emulator, or (`gpu`) a GPU."""

    gpu: "IsolatedDevice | None" = None
    limits: Limits = DEFAULT
    jobs: int = 2
    """Compilers, or emulators in processes of their own, that run at the same time."""

    def gpus(self) -> Mapping[str, Sequence[Gpu]]:
        """The GPUs by arch, each arch's with the same target id. What is built for another arch is emulated."""
        return {arch_of(self.gpu.target): [self.gpu]} if self.gpu else {}

    def target(self, arch: str) -> str:
        """What code must be built for, to run on it as `arch`: a GPU's own target id, features included."""
        gpus = self.gpus().get(arch)
        return gpus[0].target if gpus else arch

    def columns(self, archs: Sequence[str] | None) -> Sequence[str] | None:
        """The archs to choose cells from, where `archs` were asked for (None: the project's)."""
        return list(self.gpus()) or archs

    def toolchain(self, project: Project) -> Toolchain:
        """What builds for it. Raises AbsentError when nothing can."""
        nvidia = self.gpu is not None and self.gpu.kind == "cuda"
        return discover_nvidia("hip") if nvidia else discover(project.toolchain)[0]

    def compile(
        self, work: Sequence[tuple[Unit, str]], toolchain: Toolchain, cache: Path, cancel: Cancel
    ) -> Iterator[BuildRecord]:
        """Compile (unit, target) pairs, as `compile_units` does."""
        return compile_units(work, toolchain, cache, cancel, jobs=self.jobs, timeout=self.limits.compile)

    def run(self, tasks: Sequence[Task[Answer]], cancel: Cancel) -> Iterator[Answer]:
        """Do every task; the answers come as they are ready. Raises CancelledError once cancelled."""
        if self.gpu is None:
            yield from _emulate(tasks, cancel, self.jobs, self.limits.check)
            return
        for task in tasks:
            cancel.check()
            yield task.on_gpu(self.gpu, cancel)


def _emulate(tasks: Sequence[Task[Answer]], cancel: Cancel, jobs: int, seconds: float) -> Iterator[Answer]:
    from tracker.devices.children import ChildCrashed, ChildTimeout, Pool

    if not tasks:
        return
    with Pool(min(jobs, len(tasks))) as pool:
        waiting: dict[Future[Answer], Task[Answer]] = {
            pool.submit(call, task.emulate, timeout=seconds, cancel=cancel): task for task in tasks
        }
        while waiting:
            finished, _ = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
            for future in finished:
                task = waiting.pop(future)
                try:
                    answer = future.result()
                except ChildTimeout:
                    answer = task.broken(exceeded("the check", "check", seconds), late=True)
                except ChildCrashed as error:
                    answer = task.broken(str(error))
                yield answer
            cancel.check()


def call(method: Callable[[], Answer]) -> Answer:
    """What a method returns: a function of a module, as a child process wants it."""
    return method()


def cluster_of(project: Project, named: str | None) -> str | None:
    """The scheduler to ask: the one that was named, or else the project's; None for this machine."""
    return None if named == HERE else named or project.cluster


def open_place(
    project: Project,
    engine: "Engine",
    cancel: Cancel,
    cluster: str | None,
    device: str = "emulator",
    selector: Sequence[str] = (),
    archs: Sequence[str] | None = None,
) -> AbstractContextManager[tuple[Station, list[Note]]]:
    """Where to work, as `cluster_of` says. Raises what `open_station` or `open_cluster` raises."""
    scheduler = cluster_of(project, cluster)
    if scheduler is None:
        return open_station(project, cancel, device, selector, archs)
    from tracker.actions.clusters import open_cluster

    return open_cluster(project, engine, scheduler, device, selector, archs)


@contextmanager
def open_station(
    project: Project, cancel: Cancel, option: str, selector: Sequence[str], archs: Sequence[str] | None
) -> Iterator[tuple[Station, list[Note]]]:
    """The device that an option names, and what to tell about the choice. `auto`: an AMD GPU, or else the emulator.

    Raises AbsentError or UsageError when it cannot be used, or is of another arch than the selector or `archs` name.
    """
    gpu, notes = _open(option, cancel, project.limits.launch)
    try:
        if gpu and not asked(gpu.target, selector, archs):
            if option != "auto":
                raise UsageError(
                    f"the device {gpu.name} is {gpu.target}; other architectures were asked for",
                    "leave out --arch and arch:, or use --device emulator",
                )
            notes.append(Note(f"{gpu.name} is {gpu.target}: what was asked for is checked on the emulator"))
            gpu.close()
            gpu = None
        if gpu:
            notes.append(Note(f"on {gpu.name} ({gpu.target}; {gpu.runtime})"))
        yield Station(gpu, project.limits, project.jobs), notes
    finally:
        if gpu:
            gpu.close()


def _open(option: str, cancel: Cancel, seconds: float) -> "tuple[IsolatedDevice | None, list[Note]]":
    from tracker.devices.selection import Choice, amd_gpu_expected, open_gpu, parse

    choice = parse(option)
    if choice is None:
        if not amd_gpu_expected():
            return None, []
        try:
            return open_gpu(Choice("hip"), seconds, cancel), []
        except AbsentError as error:
            words = f"the AMD GPU cannot be used: {error.message}; try: {error.remedy}. Checking on the emulator"
            return None, [Note(words, "warning")]
    return (None if choice.kind == "emulator" else open_gpu(choice, seconds, cancel)), []


def arch_of(target: str) -> str:
    """The arch of a target id: the part before its features."""
    return target.partition(":")[0]


def asked(target: str, selector: Sequence[str], archs: Sequence[str] | None) -> bool:
    """Whether a GPU of that target id is among the archs that were named, if any were."""
    arch = arch_of(target)
    if archs and arch not in {get_arch(name).name for name in archs}:
        return False
    for word in selector:
        named = [part.removeprefix("arch:") for part in word.split(",") if part.startswith("arch:")]
        if named and not any(fnmatchcase(arch, pattern) for pattern in named):
            return False
    return True
