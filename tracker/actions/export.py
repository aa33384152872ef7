"""Export: build the selected sources, link them to one code object per arch, write it in a form for other programs."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tracker.actions.building import build, choose, needed
from tracker.actions.events import Built, Event, Finished, Note, Plan, Step
from tracker.actions.history import recorded
from tracker.actions.lacking import note_unported
from tracker.actions.scan import rescan
from tracker.actions.shipping import gather
from tracker.actions.stations import Station
from tracker.actions.store import open_store
from tracker.build.records import BuildRecord
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.errors import UsageError
from tracker.export.shipment import Shipment
from tracker.files import replace

Form = Callable[[Shipment], Mapping[Path, bytes]]
"""Contents by absolute path."""
NAMED = 3
"""Unchecked kernels that a message names."""


def export(
    project: Project,
    cancel: Cancel,
    *,
    form: Form,
    target: Path,
    selector: str | Sequence[str] = (),
    archs: Sequence[str] | None = None,
    allow_unverified: bool = False,
    force: bool = False,
) -> Iterator[Event]:
    """Write the sources that hold the selected kernels (default: all) in a `form`, under `target`.

    Ends with bad news, and writes nothing, when a build fails or a kernel is not at least emulated on every arch
    (`allow_unverified` writes it nevertheless, and the export says so). Raises UsageError when the selector chooses
    nothing, or `target` is there and not `force`.
    """
    if not force and (target.is_file() or (target.is_dir() and any(target.iterdir()))):
        raise UsageError(f"{target} is there already", "name another place, or give --force to replace the files")
    engine = open_store(project)
    options: dict[str, Any] = {"target": str(target), "selector": list(selector), "archs": list(archs or project.archs)}
    options["allow_unverified"] = allow_unverified
    work = _export(project, engine, cancel, form, selector, archs, allow_unverified)
    yield from recorded(project, engine, "export", options, work)


def _export(
    project: Project,
    engine: Engine,
    cancel: Cancel,
    form: Form,
    selector: str | Sequence[str],
    archs: Sequence[str] | None,
    allow_unverified: bool,
) -> Iterator[Event]:
    yield from rescan(project, engine, cancel)
    selection = choose(project, engine, selector, archs)
    yield from note_unported(selection)
    station = Station(limits=project.limits, jobs=project.jobs)
    toolchain = station.toolchain(project)
    work = needed(engine, selection.cells, toolchain, again=True)  # from the cache what is built already
    if not work.targets:
        yield Finished(False, "nothing to export: none of the selected kernels is ported", {})
        return
    yield Plan("export", len(work.targets))
    records: list[BuildRecord] = []
    for event in build(project, engine, work, toolchain, cancel, station.compile):
        if isinstance(event, Built):
            records.append(event.record)
            yield Step(len(records), f"{event.record.unit.source.name} {event.record.arch}")
        else:
            yield event
    failed = [record for record in records if not record.ok]
    if failed or len(records) < len(work.targets):
        yield _not_built(failed, len(work.targets) - len(records))
        return
    shipment = gather(project, engine, work, records, toolchain, cancel)
    if shipment.unverified and not allow_unverified:
        yield _refused(shipment)
        return
    if shipment.unverified:
        yield Note(_unchecked(shipment), "warning")
    yield _written(shipment, form(shipment))


def _not_built(failed: Sequence[BuildRecord], changed: int) -> Finished:
    what = [f"{record.unit.source.name} for {record.arch}: {record.output.strip()}" for record in failed]
    if changed:
        what.append(f"{changed} sources changed meanwhile; run the command again")
    return Finished(False, "nothing was written; not built:\n" + "\n".join(what), {"failed": len(failed)})


def _refused(shipment: Shipment) -> Finished:
    message = (
        f"nothing was written: {_unchecked(shipment)}\n  try: kerntrack verify, or --allow-unverified to ship it so"
    )
    return Finished(False, message, {"unverified": len(shipment.unverified)})


def _unchecked(shipment: Shipment) -> str:
    some = [f"{proof.symbol} on {proof.arch} ({proof.state})" for proof in shipment.unverified[:NAMED]]
    more = ", …" if len(shipment.unverified) > NAMED else ""
    count, total = len(shipment.unverified), len(shipment.proofs)
    return f"{count} of {total} pairs of kernel and architecture are not at least emulated: {', '.join(some)}{more}"


def _written(shipment: Shipment, files: Mapping[Path, bytes]) -> Finished:
    for path, content in files.items():
        _make_folder(path.parent)
        replace(path, content)
    states = Counter(proof.state for proof in shipment.proofs)
    summary = {
        "kernels": len(shipment.kernels),
        "archs": {each.arch: each.sha256 for each in shipment.objects},
        "states": dict(sorted(states.items())),
        "files": len(files),
        "bytes": sum(map(len, files.values())),
    }
    return Finished(True, shipment.summary(), summary)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make {folder}: {error.strerror}", "name a place that you may write to") from error
