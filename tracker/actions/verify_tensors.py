"""Verify on real weights: the selected kernels on tensors of a GGUF file, every outcome kept as evidence.

Such evidence names the file's hash and the tensor; it decides no status, which only the contract's whole set of cases
does.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from kernels.contracts import real
from tracker.actions.building import build_missing, choose
from tracker.actions.checking import CheckRequest, all_passed, only_late
from tracker.actions.events import Checked, Event, Finished, Note, Plan, Step
from tracker.actions.history import plain, recorded
from tracker.actions.lacking import note_unported
from tracker.actions.ready import ready
from tracker.actions.requests import Options, request_for, run_requests
from tracker.actions.scan import rescan
from tracker.actions.stations import Station, open_place
from tracker.actions.store import open_store
from tracker.cancel import Cancel
from tracker.check.results import CheckResult
from tracker.check.tensors import Origin, representative, take
from tracker.config import Project
from tracker.errors import UsageError
from tracker.gguf import reader
from tracker.gguf.reader import Model, Tensor
from tracker.selectors import Selection


def verify_tensors(project: Project, cancel: Cancel, options: Options, gguf: Path) -> Iterator[Event]:
    """Check the selected kernels on real tensors of their types.

    Raises UsageError when the file cannot be read or a tensor's place or scales are impossible, when no tensor
    matches, or when no selected kernel takes one.
    """
    if options.case is not None:
        raise UsageError("--case names a made up case, --gguf takes real weights", "leave one of the two out")
    model = reader.read(gguf)
    tensors = chosen(model, options.tensor)
    for tensor in tensors:
        reader.check_values(model, tensor)
        cancel.check()
    taken = _Taken(gguf, reader.sha256(gguf), tensors)
    engine = open_store(project)
    yield Note(_described(model, taken, options.tensor))
    note = {**plain(options), "sha256": taken.sha256}
    yield from recorded(project, engine, "verify", note, _verify(project, engine, cancel, options, taken))


@dataclass(frozen=True)
class _Taken:
    """What was taken of a file."""

    path: Path
    sha256: str
    tensors: Sequence[Tensor]

    def rows(self, selection: Selection, options: Options, folder: Path) -> Mapping[str, Sequence[Origin]]:
        """The rows of each tensor that a selected kernel takes, by type."""
        found: dict[str, list[Origin]] = {kernel.type: [] for kernel in selection.kernels}
        for number, tensor in enumerate(self.tensors):
            if tensor.kind in found:
                origin = take(tensor, self.sha256, options.effort, folder / f"{number}.npy")
                found[tensor.kind].append(origin)
        return found


def chosen(model: Model, glob: str | None) -> list[Tensor]:
    """The quantized matrices whose name matches. Raises UsageError with near matches when there is none."""
    matrices = reader.matrices(model)
    if not matrices:
        raise UsageError(f"{model.path} holds no quantized matrix", "name a quantized model")
    if glob is None:
        return representative(matrices)
    found = [tensor for tensor in matrices if fnmatchcase(tensor.name, glob)]
    if not found:
        names = [tensor.name for tensor in matrices]
        near = get_close_matches(glob, names, n=4, cutoff=0.4) or names[:4]
        kind = "no quantized matrix" if glob in model.tensors else "no tensor"
        raise UsageError(f"{model.path} has {kind} '{glob}'", f"near: {', '.join(near)}")
    return found


def _described(model: Model, taken: _Taken, glob: str | None) -> str:
    of = len(reader.matrices(model))
    how = "" if glob else ", the first of each type and row length (--tensor '*' takes all)"
    return f"{model.path}, sha256 {taken.sha256}: {len(taken.tensors)} of {of} quantized matrices{how}"


def _verify(project: Project, engine: Engine, cancel: Cancel, options: Options, taken: _Taken) -> Iterator[Event]:
    yield from rescan(project, engine, cancel)
    wanted = (options.cluster, options.device, options.selector, options.archs)
    with TemporaryDirectory() as folder, open_place(project, engine, cancel, *wanted) as (station, notes):
        yield from notes
        selection = _fitting(choose(project, engine, options.selector, station.columns(options.archs)), taken)
        yield from note_unported(selection)
        if options.build:
            yield from build_missing(project, engine, cancel, selection, station)
        requests, unbuilt = _requests(engine, selection, options, taken.rows(selection, options, Path(folder)), station)
        yield Plan("verify", len(requests))
        results: list[CheckResult] = []
        for result in run_requests(engine, requests, station, cancel):
            results.append(result)
            yield Checked(result)
            yield Step(len(results), f"{result.symbol} {result.arch}")
        yield _finish(results, unbuilt)


def _fitting(selection: Selection, taken: _Taken) -> Selection:
    """The selected kernels that take one of the tensors."""
    kinds = Counter(tensor.kind for tensor in taken.tensors)
    cells = tuple(cell for cell in selection.cells if cell[0].type in kinds and cell[0].family in real.FAMILIES)
    if not cells:
        held = ", ".join(f"{kind} ({count})" for kind, count in sorted(kinds.items()))
        raise UsageError(
            f"no selected kernel takes a tensor of {taken.path}: they are {held}",
            f"select a kernel of these types and of {', '.join(real.FAMILIES)}",
        )
    return Selection(cells)


def _requests(
    engine: Engine, selection: Selection, options: Options, rows: Mapping[str, Sequence[Origin]], station: Station
) -> tuple[list[CheckRequest], int]:
    """One check per kernel, arch and tensor of its type; and how many ported kernels have no build."""
    found = list(ready(engine, selection, station))
    requests = [
        replace(request_for(built, options), origin=origin) for built in found for origin in rows[built.kernel.type]
    ]
    ported = sum(kernel.port_symbol is not None for kernel, _ in selection.cells)
    return requests, ported - len(found)


def _finish(results: Sequence[CheckResult], unbuilt: int) -> Finished:
    outcomes: Counter[str] = Counter(result.outcome for result in results)
    verdicts = [f"{count} {outcome}" for outcome, count in sorted(outcomes.items())]
    if unbuilt:
        verdicts.append(f"{unbuilt} not built")
    good = all_passed(outcomes) and not unbuilt
    message = ", ".join(verdicts) or "nothing to verify: none of the selected kernels is ported"
    summary = {"run": len(results), "not built": unbuilt, **outcomes}
    return Finished(good, message, summary, late=only_late(outcomes, unbuilt))
