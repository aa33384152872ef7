"""Builds on the machines of a cluster, kept as if they had been made here."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from db import queries
from tracker.actions.trees import tree
from tracker.build import cache as builds
from tracker.build.compiler import compile_unit
from tracker.build.records import BuildRecord, Unit
from tracker.build.toolchain import Toolchain, discover
from tracker.cancel import Cancel
from tracker.cluster.client import Cluster
from tracker.cluster.remote import Job, Paths, digest
from tracker.config import HERE, Project, default_cache
from tracker.errors import AbsentError

HIPCC = "hipcc"
"""The resource of those who have ROCm's compiler."""


def compile_on(
    cluster: Cluster,
    project: Project,
    engine: Engine,
    work: Sequence[tuple[Unit, str]],
    toolchain: Toolchain,
    cache: Path,
    cancel: Cancel,
) -> Iterator[BuildRecord]:
    """Compile (unit, target) pairs on workers, as `compile_units` does here."""
    names = {project.root / source.path: source.path for source in queries.sources(engine, "hip")}
    taken = tree(project, engine, [names[unit.source] for unit, _ in work])
    shipped = {name: path.read_bytes() for name, path in taken.files.items()}
    files = tuple((name, digest(content)) for name, content in shipped.items())
    resource = HIPCC if toolchain.kind == "rocm" else toolchain.kind
    jobs = []
    for unit, arch in work:
        there = Unit(Path(taken.units[names[unit.source]]), tuple(map(Path, taken.includes)), unit.defines)
        job = partial(_compile, there, arch, toolchain.kind, project.limits.compile)
        jobs.append(Job(resource, job, files, f"compile {unit.source.name} for {arch}"))
    for place, answer in cluster.run(jobs, {digest(content): content for content in shipped.values()}, cancel):
        unit, arch = work[place]
        if isinstance(answer, Exception):
            message = f"{unit.source.name} could not be compiled for {arch} on a worker: {answer}"
            raise AbsentError(message, f"see what that worker says, or use --cluster {HERE}")
        yield _kept(*answer, unit, cache)


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
