"""`kerntrack doctor`: what the program found on this machine, and what is missing."""

import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.text import Text

from db import queries
from db.address import describe
from db.errors import DatabaseError
from db.schema import HEAD
from tracker import __version__
from tracker.actions.stations import cluster_of
from tracker.actions.store import open_store
from tracker.build.archs import ARCHS, get_arch
from tracker.build.toolchain import discover
from tracker.cli.documents import SCHEMA
from tracker.cli.session import Session
from tracker.cli.tables import print_json
from tracker.config import Project
from tracker.devices.selection import Kind, available
from tracker.errors import ExitCode, KerntrackError

PACKAGES = ("libclang", "numpy", "gguf", "sqlalchemy", "alembic", "textual", "typer", "ziglang")


@dataclass(frozen=True)
class Finding:
    """One line of the report. Something `needed` that is not `there` makes the answer bad; `remedy` brings it."""

    topic: str
    text: str
    there: bool = True
    needed: bool = False
    remedy: str = ""


def run(session: Session, json: bool, cluster: str | None = None) -> ExitCode:
    """Print what was found. Ends with `ABSENT` when something that every verification needs is missing."""
    project = session.project()
    scheduler = cluster_of(project, cluster)
    findings = [*_examine(project), *(_workers(scheduler) if scheduler else ())]
    absent = any(each.needed and not each.there for each in findings)
    if json:
        print_json({"schema": SCHEMA, "findings": [asdict(each) for each in findings]})
    else:
        for each in findings:
            session.stdout().print(_line(each), soft_wrap=True)
    return ExitCode.ABSENT if absent else ExitCode.GOOD


def _line(found: Finding) -> Text:
    mark, style = ("✓", "green") if found.there else ("✗", "bold red") if found.needed else ("–", "dim")
    remedy = f"\n{'':14}get it with: {found.remedy}" if found.remedy else ""
    return Text.assemble((mark, style), f" {found.topic:<11} {found.text}", (remedy, "bold"))


def _examine(project: Project) -> Iterator[Finding]:
    yield Finding("kerntrack", f"{__version__}, Python {platform.python_version()}, {platform.platform()}")
    yield Finding("project", f"{project.config or f'{project.root} (no kerntrack.toml, defaults)'}")
    yield from _packages()
    yield from _toolchains(project)
    for name in project.archs:
        arch = get_arch(name)
        yield Finding(
            "arch", f"{name}: {arch.generation}, wave {arch.wave_size}, {arch.lds // 1024} KiB LDS, {arch.dot}"
        )
    yield Finding("archs", f"{len(ARCHS)} can be built for: {' '.join(ARCHS)}")
    yield from _devices()
    yield _database(project)
    yield Finding("cache", _cache(project.cache))


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding("package", f"{name} {version(name)}")
        except PackageNotFoundError:
            remedy = f"python -m pip install {name}"
            yield Finding("package", f"{name} is not installed", there=False, needed=True, remedy=remedy)


def _toolchains(project: Project) -> Iterator[Finding]:
    try:
        for place, toolchain in enumerate(discover(project.toolchain)):
            used = ", used" if place == 0 else ""
            yield Finding("toolchain", f"{toolchain.version} ({toolchain.clang[0]}{used})")
    except KerntrackError as error:
        yield Finding("toolchain", error.message, there=False, needed=True, remedy=error.remedy)


def _devices() -> Iterator[Finding]:
    yield Finding("device", "emulator: executes AMDGPU assembly on this machine")
    vendors: tuple[tuple[str, Kind], ...] = (("AMD GPU", "hip"), ("NVIDIA GPU", "cuda"))
    for name, kind in vendors:
        try:
            for gpu in available(kind):
                option = f"{kind}:{gpu.index}"
                yield Finding("device", f"{name}: {gpu.name}, {gpu.target}, {gpu.runtime} (--device {option})")
        except KerntrackError as error:
            yield Finding("device", f"{name}: {error.message}", there=False, remedy=error.remedy)


def _database(project: Project) -> Finding:
    name = describe(project.database)
    if isinstance(project.database, Path) and not project.database.exists():
        return Finding("database", f"{name}: not there yet; `kerntrack scan` makes it", there=False)
    try:
        engine = open_store(project, read_only=True)
        kernels = len(queries.status(engine, ()))
    except (KerntrackError, DatabaseError) as error:
        return Finding("database", error.message, there=False, needed=True, remedy=error.remedy)
    return Finding("database", f"{name}: schema {HEAD}, {kernels} kernels")


def _cache(folder: Path) -> str:
    if not folder.is_dir():
        return f"{folder}: empty"
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return f"{folder}: {size / 2**20:.0f} MiB"


def _workers(address: str) -> Iterator[Finding]:
    """The workers of a cluster. Raises AbsentError or UsageError when it cannot be reached."""
    from tracker.actions.workers import connected

    workers = connected(address)
    for each in workers:
        offer = each.offer
        kinds = ", ".join(f"{count} x {name}" for name, count in offer.resources.items())
        gpus = "".join(f"; {gpu.name} ({gpu.target})" for gpu in offer.gpus)
        doing = f"{each.jobs} jobs, now {', '.join(each.doing) or 'none'}" if each.jobs else "idle"
        yield Finding("worker", f"{offer.host}: {kinds}{gpus}; {doing}; kerntrack {offer.program}")
    if not workers:
        yield Finding("worker", f"{address}: nobody", there=False, remedy=f"kerntrack worker {address}")
