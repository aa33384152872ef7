"""Scan: read both sides' sources, keep what they hold, pair the kernels."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from db import queries, record
from db.record import SourceKey
from db.views import SourceFile
from tracker.actions.baselines import take_baseline, write_baseline
from tracker.actions.disk import Disk, file_hash
from tracker.actions.events import Event, Finished, Note, Plan, Scanned, Step
from tracker.actions.history import recorded
from tracker.actions.pairs import pair_up
from tracker.actions.status import counts
from tracker.actions.store import open_store
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.errors import UsageError
from tracker.scan import find_sources, scan_file
from tracker.scan.hazards.rules import rules
from tracker.scan.sources import SourceKind

KINDS = ("cuda", "baselines", "hip", "rust")
"""What a scan reads; the fields of `Inputs` and of the history's rows."""


@dataclass(frozen=True)
class Inputs:
    """What one scan covers. `given` when paths were given in place of what kerntrack.toml names."""

    cuda: tuple[Path, ...]
    baselines: tuple[Path, ...]
    hip: tuple[Path, ...]
    rust: tuple[Path, ...] = ()
    given: bool = False

    def options(self) -> dict[str, Any]:
        """As kept in the history, so that a later scan can repeat it."""
        paths = {side: [str(path) for path in getattr(self, side)] for side in KINDS}
        return {**paths, "given": self.given}


def scan(
    project: Project,
    cancel: Cancel,
    *,
    cuda: Sequence[Path] = (),
    hip: Sequence[Path] = (),
    rust: Sequence[Path] = (),
    record: Path | None = None,
    origin: str = "",
    again: bool = False,
) -> Iterator[Event]:
    """Scan the project's sources, or `cuda`, `hip` and `rust` in place of what it names.

    Unchanged files are not parsed again unless `again`. `record` writes the CUDA side's facts as a baseline that says
    it comes from `origin`. Raises UsageError when there is nothing to scan.
    """
    engine = open_store(project)
    inputs = choose_inputs(project, _last_options(engine), cuda, hip, rust)
    yield from recorded(project, engine, "scan", inputs.options(), _scan(project, engine, inputs, cancel, again))
    if record:
        yield from write_baseline(project, inputs.cuda, record, origin, cancel)


def rescan(project: Project, engine: Engine, cancel: Cancel) -> Iterator[Event]:
    """Bring the inventory up to date before something is built from it. Quiet where nothing changed."""
    last = _last_options(engine)
    inputs = _repeated(last) if last.get("given") else choose_inputs(project, last)
    events = _read_sources(project, engine, inputs, cancel, again=False)
    changed = [event for event in events if isinstance(event, Scanned) and not event.unchanged]
    if changed:
        names = ", ".join(event.path for event in changed[:3]) + (", …" if len(changed) > 3 else "")
        errors = sum(event.errors for event in changed)
        yield Note(f"scanned {len(changed)} changed files ({names})" + (f", {errors} errors" if errors else ""))


def choose_inputs(
    project: Project,
    last: dict[str, Any],
    cuda: Sequence[Path] = (),
    hip: Sequence[Path] = (),
    rust: Sequence[Path] = (),
) -> Inputs:
    """Given paths count; else those of kerntrack.toml; else, without that file, those of the last scan."""
    known = Inputs(project.cuda, project.baselines, project.hip, project.rust)
    if project.config is None and last:
        known = _repeated(last)
    if cuda:
        known = replace(known, cuda=tuple(path.resolve() for path in cuda), baselines=(), given=True)
    if hip:
        known = replace(known, hip=tuple(path.resolve() for path in hip), given=True)
    if rust:
        known = replace(known, rust=tuple(path.resolve() for path in rust), given=True)
    if not (known.cuda or known.baselines or known.hip):
        raise UsageError(
            f"nothing to scan: {project.config or project.root} names no sources",
            "give --cuda PATH and --hip PATH, or write a project file with `kerntrack init`",
        )
    return known


def _last_options(engine: Engine) -> dict[str, Any]:
    return next((run.options for run in queries.runs(engine, "scan", limit=1)), {})


def _repeated(last: dict[str, Any]) -> Inputs:
    return Inputs(**{side: tuple(map(Path, last.get(side, ()))) for side in KINDS}, given=True)


def _scan(project: Project, engine: Engine, inputs: Inputs, cancel: Cancel, again: bool) -> Iterator[Event]:
    seen = yield from _read_sources(project, engine, inputs, cancel, again)
    yield _finish(project, engine, seen)


def _read_sources(
    project: Project, engine: Engine, inputs: Inputs, cancel: Cancel, again: bool
) -> Generator[Event, None, list[Scanned]]:
    files = [*_sources(inputs.cuda, "cuda"), *_sources(inputs.hip, "hip"), *_sources(inputs.rust, "rust")]
    yield Plan("scan", len(files))
    record.hazard_rules(engine, [vars(rule) for rule in rules()])
    seen: list[Scanned] = []
    keep: list[SourceKey] = []
    known = {(source.side, source.path): source for source in queries.sources(engine) if not source.origin}
    disk = Disk(project)
    for path, side in files:
        cancel.check()
        source = known.get((side, relative(path, project.root)))
        if source and not again and disk.unchanged(source):
            seen.append(_unchanged(engine, source))
        else:
            seen.append(_parse(project, engine, path, side, disk.arguments(side)))
        keep.append((side, seen[-1].path, ""))
        yield seen[-1]
        yield Step(len(seen), seen[-1].path)
    for file in inputs.baselines:
        for scanned, key in take_baseline(engine, file):
            keep.append(key)
            seen.append(scanned)
            yield scanned
    record.sources(engine, keep)
    record.pairs(engine, pair_up(engine, project.rename))
    return seen


def _sources(paths: Sequence[Path], side: SourceKind) -> list[tuple[Path, SourceKind]]:
    return [(path, side) for path in find_sources(paths, side)]


def relative(path: Path, root: Path) -> str:
    """The name of a file in facts: relative to the root where it lies inside, posix."""
    path = path.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _unchanged(engine: Engine, source: SourceFile) -> Scanned:
    kernels, errors = queries.counts(engine, source.side, source.path)
    return Scanned(source.path, source.side, kernels, True, errors)


def _parse(project: Project, engine: Engine, path: Path, side: SourceKind, arguments: str) -> Scanned:
    if side == "rust":
        return _parse_rust(project, engine, path, arguments)
    facts = scan_file(path, side, include=project.include, defines=project.defines, root=project.root)
    record.source(engine, asdict(facts), arguments=arguments)
    errors = sum(found.severity in ("error", "fatal") for found in facts.diagnostics)
    return Scanned(facts.path, side, len(facts.kernels), False, errors)


def _parse_rust(project: Project, engine: Engine, path: Path, arguments: str) -> Scanned:
    from tracker.scan.callers.rust import scan_callers

    requests = scan_callers(path, project.root)
    name = relative(path, project.root)
    record.callers(engine, name, file_hash(path) or "", arguments, [asdict(each) for each in requests])
    return Scanned(name, "rust", len({each.name for each in requests}), False, 0)


def _finish(project: Project, engine: Engine, seen: Sequence[Scanned]) -> Finished:
    kernels = queries.status(engine, project.archs)
    totals = counts(kernels, project.archs)
    errors = sum(each.errors for each in seen)
    parsed = sum(not each.unchanged for each in seen)
    summary = {**totals, "files": len(seen), "parsed": parsed, "errors": errors}
    message = f"{totals['ported']} of {totals['kernels']} ported"
    if not kernels:
        return Finished(False, "no kernels found in the sources", summary)
    return Finished(True, message, summary)
