"""Checks and builds on the machines of a cluster, in place of this one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

from sqlalchemy import Engine

from tracker import __version__
from tracker.actions.events import Note
from tracker.actions.remote_builds import HIPCC, compile_on
from tracker.actions.stations import Station, Task, arch_of, asked, call
from tracker.build.records import BuildRecord, Unit
from tracker.build.toolchain import Toolchain
from tracker.cancel import Cancel
from tracker.cluster.client import Cluster, Worker
from tracker.cluster.remote import Job, Paths, digest
from tracker.cluster.worker import own
from tracker.config import HERE, Project
from tracker.devices.revision import emulator_name
from tracker.devices.selection import Found
from tracker.errors import AbsentError, UsageError
from tracker.limits import Limits, exceeded

Answer = TypeVar("Answer")
TOOLCHAINS = (HIPCC, "ziglang")
"""Resources that compile, best first."""
ANY_GPU = ("hip", "cuda")
"""Options that want nothing but GPUs of one kind."""
KINDS: Mapping[str, tuple[str, ...]] = {"auto": ("hip",), "emulator": (), "hip": ("hip",), "cuda": ("cuda",)}
"""GPUs that each option takes."""


@contextmanager
def open_cluster(
    project: Project,
    engine: Engine,
    address: str,
    device: str = "auto",
    selector: Sequence[str] = (),
    archs: Sequence[str] | None = None,
) -> Iterator[tuple["ClusterStation", list[Note]]]:
    """The cluster as a place for work.

    `device`: `auto` (AMD GPUs where workers have them, else emulators), `emulator`, `hip` or `cuda` (those GPUs only).
    Raises AbsentError when there is no scheduler, nobody has the same kerntrack, or no such GPU is there; UsageError
    for other devices, and when the GPUs are none of the archs that were asked for.
    """
    if device not in KINDS:
        remedy = f"use --device {', '.join(KINDS)}, or --cluster {HERE}"
        raise UsageError(f"'{device}' is a device of this machine; a cluster's scheduler chooses among its own", remedy)
    with Cluster(address) as cluster:
        workers = _same_program(cluster)
        found = [gpu for each in workers for gpu in each.offer.gpus if gpu.kind in KINDS[device]]
        wanted = [gpu for gpu in found if asked(gpu.target, selector, archs)]
        if device in ANY_GPU and not wanted:
            _refuse(cluster, workers, device, found)
        station = ClusterStation(
            limits=project.limits,
            cluster=cluster,
            found=_one_target_each(wanted),
            option=device,
            project=project,
            engine=engine,
        )
        yield station, [Note(f"on {'; '.join(map(_described, workers))}")]


def _refuse(cluster: Cluster, workers: Sequence[Worker], device: str, found: Sequence[Found]) -> NoReturn:
    if found:
        there = ", ".join(sorted({gpu.target for gpu in found}))
        raise UsageError(f"the GPUs at {cluster.address} are {there}; other architectures were asked for")
    vendor = "AMD" if device == "hip" else "NVIDIA"
    raise AbsentError(
        f"no worker at {cluster.address} has an {vendor} GPU; connected: {'; '.join(map(_described, workers))}",
        f"start one where it is: kerntrack worker {cluster.address}",
    )


def _one_target_each(gpus: Sequence[Found]) -> dict[str, list[Found]]:
    """GPUs by arch; of target ids that differ in features only the most frequent, since code is built for one."""
    by_target: dict[str, list[Found]] = defaultdict(list)
    for gpu in gpus:
        by_target[gpu.target].append(gpu)
    frequent_last = sorted(by_target, key=lambda target: (len(by_target[target]), target))
    return {arch_of(target): by_target[target] for target in frequent_last}


def _described(worker: Worker) -> str:
    """`host (what it offers)`."""
    return f"{worker.offer.host} ({', '.join(worker.offer.resources)})"


def _same_program(cluster: Cluster) -> list[Worker]:
    """All workers. Raises AbsentError when one emulates otherwise than this program: its evidence would not hold."""
    workers = cluster.workers()
    for each in workers:
        if (each.offer.program, each.offer.emulator) != (__version__, emulator_name()):
            raise AbsentError(
                f"the worker on {each.offer.host} runs another kerntrack ({each.offer.program}, "
                f"{each.offer.emulator}) than this one ({__version__}, {emulator_name()})",
                "install the same version there, or end that worker",
            )
    if not workers:
        cluster.require({"emulator"})
    return workers


@dataclass(frozen=True, kw_only=True)
class ClusterStation(Station):
    """Machines that check: GPUs by arch where there are some, else emulators."""

    cluster: Cluster
    found: Mapping[str, Sequence[Found]]
    option: str
    project: Project
    engine: Engine

    def gpus(self) -> Mapping[str, Sequence[Found]]:
        """Those of the workers, of the kind that was asked for."""
        return self.found

    def columns(self, archs: Sequence[str] | None) -> Sequence[str] | None:
        """The GPUs' archs where only GPUs are wanted."""
        return list(self.found) if self.option in ANY_GPU else archs

    def toolchain(self, project: Project) -> Toolchain:
        """The best compiler that a worker has for these devices. Raises AbsentError when nobody has one."""
        wanted = "ziglang" if self.option == "cuda" else project.toolchain
        names = {"rocm": TOOLCHAINS[:1], "ziglang": TOOLCHAINS[1:]}.get(wanted or "", TOOLCHAINS)
        offered = [each.offer.toolchains for each in self.cluster.workers()]
        for name in names:
            versions = [found[name] for found in offered if name in found]
            if versions:  # it has no commands here
                return Toolchain("rocm" if name == HIPCC else "ziglang", max(versions), (), ())
        self.cluster.require({names[-1]})
        raise AbsentError(f"no worker at {self.cluster.address} has a compiler", "install ziglang there")

    def compile(
        self, work: Sequence[tuple[Unit, str]], toolchain: Toolchain, cache: Path, cancel: Cancel
    ) -> Iterator[BuildRecord]:
        """Compile on workers; what they made is put into this machine's cache."""
        yield from compile_on(self.cluster, self.project, self.engine, work, toolchain, cache, cancel)

    def run(self, tasks: Sequence[Task[Answer]], cancel: Cancel) -> Iterator[Answer]:
        """Do the tasks on workers; the answers come as they are ready."""
        contents = {file: file.read_bytes() for file in {file for task in tasks for file in task.files}}
        digests = {file: digest(content) for file, content in contents.items()}
        jobs = [self._job(task, digests) for task in tasks]
        shipped = {digests[file]: content for file, content in contents.items()}
        for place, answer in self.cluster.run(jobs, shipped, cancel):
            task = tasks[place]
            gpus = self.found.get(task.arch)
            yield task.broken(str(answer), gpus[0] if gpus else None) if isinstance(answer, Exception) else answer

    def _job(self, task: Task[Answer], digests: Mapping[Path, str]) -> Job[Answer]:
        target = self.target(task.arch) if task.arch in self.found else None
        files = tuple((file.name, digests[file]) for file in task.files)
        work = partial(_do, task, target, self.limits)
        return Job(target or "emulator", work, files, f"{task.symbol} for {task.arch}")


def _do(task: Task[Answer], target: str | None, limits: Limits, paths: Paths, cancel: Cancel) -> Answer:
    """On a worker: the task with the files as they lie there."""
    from tracker.devices.children import ChildCrashed, ChildTimeout

    local = task.moved(paths)
    if target:
        with own().gpus.lend(target, limits.launch, cancel) as gpu:
            return local.on_gpu(gpu, cancel)
    try:
        answer: Answer = own().emulators.submit(call, local.emulate, timeout=limits.check, cancel=cancel).result()
    except ChildTimeout:
        return local.broken(exceeded("the check", "check", limits.check), late=True)
    except ChildCrashed as error:
        return local.broken(str(error))
    return answer
