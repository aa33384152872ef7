"""Checks and builds on the machines of a cluster, in place of this one."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Engine

from db import queries
from tracker import __version__
from tracker.actions.events import Note
from tracker.actions.stations import Station, Task
from tracker.actions.trees import tree
from tracker.build import cache as builds
from tracker.build.compiler import compile_unit
from tracker.build.records import BuildRecord, Unit
from tracker.build.toolchain import Toolchain, discover
from tracker.cancel import Cancel
from tracker.cluster.client import Cluster, Worker
from tracker.cluster.remote import Job, Paths, child_pool, digest
from tracker.cluster.worker import own_offer
from tracker.config import Project, default_cache
from tracker.devices.revision import emulator_name
from tracker.devices.selection import Choice, Found, open_gpu
from tracker.errors import AbsentError, UsageError
from tracker.limits import Limits, exceeded

Answer = TypeVar("Answer")
TOOLCHAINS = ("hipcc", "ziglang")
"""Resources that compile, best first."""
_GPU = Lock()


@contextmanager
def open_cluster(
    address: str, device: str, project: Project, engine: Engine
) -> Iterator[tuple["ClusterStation", list[Note]]]:
    """The cluster as a place for checks. `device`: `auto` (AMD GPUs where workers have them) or `emulator`.

    Raises AbsentError when there is no scheduler or nobody has the same kerntrack, UsageError for other devices.
    """
    if device not in ("auto", "emulator"):
        raise UsageError(f"--cluster chooses the device itself, not '{device}'", "use --device auto or emulator")
    with Cluster(address) as cluster:
        workers = _same_program(cluster)
        gpus = (
            {}
            if device == "emulator"
            else {gpu.target.partition(":")[0]: gpu for each in workers for gpu in each.offer.gpus if gpu.kind == "hip"}
        )
        names = ", ".join(f"{each.offer.host} ({', '.join(each.offer.resources)})" for each in workers)
        station = ClusterStation(limits=project.limits, cluster=cluster, gpus=gpus, project=project, engine=engine)
        yield station, [Note(f"on {names}")]


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
    gpus: Mapping[str, Found]
    project: Project
    engine: Engine
    files: dict[Path, str] = field(default_factory=dict)
    """sha256 of each file that was read."""

    def device(self, arch: str) -> Found | None:
        """The GPU of that arch."""
        return self.gpus.get(arch)

    def target(self, arch: str) -> str:
        """The target id of the cluster's GPU, or else the arch."""
        return self.gpus[arch].target if arch in self.gpus else arch

    def toolchain(self, project: Project) -> Toolchain:
        """The best compiler that a worker has."""
        return remote_toolchain(self.cluster)

    def compile(
        self, work: Sequence[tuple[Unit, str]], toolchain: Toolchain, cache: Path, cancel: Cancel
    ) -> Iterator[BuildRecord]:
        """Compile on workers; what they made is put into this machine's cache."""
        yield from compile_on(self.cluster, self.project, self.engine)(work, toolchain, cache, cancel)

    def run(self, tasks: Sequence[Task[Any]], cancel: Cancel) -> Iterator[Any]:
        """Check on workers; the answers come as they are ready."""
        contents: dict[str, bytes] = {}
        jobs = [self._job(task, contents) for task in tasks]
        for place, answer in self.cluster.run(jobs, contents, cancel):
            yield tasks[place].broken(str(answer)) if isinstance(answer, Exception) else answer

    def _job(self, task: Any, contents: dict[str, bytes]) -> Job[Any]:
        gpu = self.gpus.get(task.arch)
        files = [(file.name, self._ship(file, contents)) for file in (task.code_object, task.assembly) if file]
        resource = gpu.target.partition(":")[0] if gpu else "emulator"
        return Job(resource, partial(_check, task, gpu, self.limits), tuple(files))

    def _ship(self, file: Path, contents: dict[str, bytes]) -> str:
        if file not in self.files:
            content = file.read_bytes()
            self.files[file] = digest(content)
            contents[self.files[file]] = content
        elif self.files[file] not in contents:
            contents[self.files[file]] = file.read_bytes()
        return self.files[file]


def _check(task: Any, gpu: Found | None, limits: Limits, paths: Paths, cancel: Cancel) -> Any:
    """On a worker: the task with the files as they lie there."""
    from tracker.devices.children import ChildCrashed, ChildTimeout

    assembly = paths[task.assembly.name] if task.assembly else None
    local = replace(task, code_object=paths[task.code_object.name], assembly=assembly)
    if gpu:
        with _GPU:
            device = open_gpu(Choice(gpu.kind, gpu.index), limits.launch, cancel)
            try:
                return local.on_gpu(device, cancel)
            finally:
                device.close()
    pool = child_pool(own_offer().resources["emulator"])
    try:
        return pool.submit(_call, local.emulate, timeout=limits.check, cancel=cancel).result()
    except ChildTimeout:
        return local.broken(exceeded("the check", "check", limits.check), late=True)
    except ChildCrashed as error:
        return local.broken(str(error))


def _call(method: Callable[[], Answer]) -> Answer:
    return method()


def remote_toolchain(cluster: Cluster) -> Toolchain:
    """The best compiler that a worker has; it has no commands here. Raises AbsentError when nobody has one."""
    offered = [each.offer.toolchains for each in cluster.workers()]
    for name in TOOLCHAINS:
        versions = [found[name] for found in offered if name in found]
        if versions:
            return Toolchain("rocm" if name == "hipcc" else "ziglang", max(versions), (), ())
    cluster.require({TOOLCHAINS[-1]})
    raise AbsentError(f"no worker at {cluster.address} has a compiler", "install ziglang there")


def compile_on(cluster: Cluster, project: Project, engine: Engine) -> Callable[..., Iterator[BuildRecord]]:
    """A `compile_units` whose compilers run on workers."""

    def compile_all(
        work: Sequence[tuple[Unit, str]], toolchain: Toolchain, cache: Path, cancel: Cancel
    ) -> Iterator[BuildRecord]:
        names = {project.root / source.path: source.path for source in queries.sources(engine, "hip")}
        taken = tree(project, engine, [names[unit.source] for unit, _ in work])
        shipped = {name: path.read_bytes() for name, path in taken.files.items()}
        files = tuple((name, digest(content)) for name, content in shipped.items())
        resource = "hipcc" if toolchain.kind == "rocm" else toolchain.kind
        jobs = []
        for unit, arch in work:
            there = Unit(Path(taken.units[names[unit.source]]), tuple(map(Path, taken.includes)), unit.defines)
            jobs.append(Job(resource, partial(_compile, there, arch, toolchain.kind, project.limits.compile), files))
        contents = {digest(content): content for content in shipped.values()}
        for place, answer in cluster.run(jobs, contents, cancel):
            unit, arch = work[place]
            if isinstance(answer, Exception):
                message = f"{unit.source.name} could not be compiled for {arch} on a worker: {answer}"
                raise AbsentError(message, "see what that worker says, or leave out --cluster")
            yield _kept(*answer, unit, cache)

    return compile_all


def _compile(
    unit: Unit, arch: str, kind: str, seconds: float, paths: Paths, cancel: Cancel
) -> tuple[BuildRecord, dict[str, bytes]]:
    """On a worker: lay the tree out, compile the unit, and return the record with the files that were made."""
    with TemporaryDirectory() as name:
        root = Path(name).resolve()
        for relative, content in paths.items():
            (root / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(content, root / relative)
        local = replace(unit, source=root / unit.source, includes=tuple(root / each for each in unit.includes))
        record = compile_unit(local, arch, discover(kind)[0], default_cache(), cancel, seconds)
    if record.code_object is None:
        return record, {}
    return record, {file.name: file.read_bytes() for file in record.code_object.parent.iterdir()}


def _kept(record: BuildRecord, products: Mapping[str, bytes], unit: Unit, cache: Path) -> BuildRecord:
    """The record as if it had been made here, with its products in this machine's cache."""
    if not products or record.assembly is None or record.code_object is None:
        return replace(record, unit=unit)
    with builds.workspace(cache) as folder:
        for name, content in products.items():
            (folder / name).write_bytes(content)
        place = builds.publish(cache, record.key, folder, record.output, record.seconds)
    assembly, code_object = place / record.assembly.name, place / record.code_object.name
    return replace(record, unit=unit, assembly=assembly, code_object=code_object)
