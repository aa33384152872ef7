"""Golden: record what CUDA originals compute on an NVIDIA GPU, and compare the port with that anywhere else."""

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Engine

from db import record
from tracker.actions.building import build_missing, choose
from tracker.actions.checking import Effort
from tracker.actions.events import Event, Finished, GoldenCompared, Note, Plan, Step
from tracker.actions.history import plain, recorded
from tracker.actions.lacking import note_unported
from tracker.actions.originals import Original, originals, require_cuda, sources_of
from tracker.actions.ready import ready
from tracker.actions.scan import rescan
from tracker.actions.stations import Gpu, Station, open_station
from tracker.actions.store import open_store
from tracker.cancel import Cancel
from tracker.check.golden import Compared, Golden, Origin, Recorded, compare_kernel, record_kernel, write
from tracker.config import Project
from tracker.devices.protocol import Artifact
from tracker.errors import CancelledError, KerntrackError, UsageError
from tracker.selectors import Selection

if TYPE_CHECKING:
    from tracker.devices.isolated import IsolatedDevice


@dataclass(frozen=True)
class Recording:
    """What to record, and how. `sources`: CUDA sources, .ptx or .cubin files in place of the project's sources."""

    file: Path
    selector: tuple[str, ...] = ()
    sources: tuple[Path, ...] = ()
    device: str = "cuda"
    effort: Effort = "quick"
    seed: int = 0
    force: bool = False


@dataclass(frozen=True)
class Comparison:
    """What to compare, and where."""

    file: Path
    selector: tuple[str, ...] = ()
    archs: tuple[str, ...] | None = None
    device: str = "auto"
    build: bool = True


def record_golden(project: Project, cancel: Cancel, wanted: Recording) -> Iterator[Event]:
    """Run the originals of the selected kernels and write their outputs to a file.

    Raises UsageError when the file is there already and not `force`, AbsentError without an NVIDIA GPU.
    """
    if wanted.file.exists() and not wanted.force:
        raise UsageError(f"{wanted.file} is there already", "add --force to replace it")
    engine = open_store(project)
    yield from recorded(project, engine, "golden record", plain(wanted), _record(project, engine, cancel, wanted))


def _record(project: Project, engine: Engine, cancel: Cancel, wanted: Recording) -> Iterator[Event]:
    yield from rescan(project, engine, cancel)
    with open_station(project, cancel, wanted.device, wanted.selector, None) as (station, notes):
        yield from notes
        require_cuda(station)
        gpu = station.gpu
        assert gpu
        kernels = choose(project, engine, wanted.selector, station.columns(None)).kernels
        yield Note("compiling the CUDA sources")
        held = originals(project, wanted.sources or sources_of(project, engine), gpu.target, cancel)
        symbols = [kernel.symbol for kernel in kernels if kernel.baseline]
        found = yield from _run_originals(gpu, {each: held[each] for each in symbols if each in held}, wanted, cancel)
        good = [each for each in found if not each.fault]
        if good:
            compilers = ", ".join(sorted({held[each.symbol].compiler for each in good}))
            origin = Origin(gpu.name, gpu.target, gpu.runtime, compilers, record.now(), wanted.effort, wanted.seed)
            write(wanted.file, origin, good)
        yield _recorded(wanted.file, symbols, good)


def _run_originals(
    gpu: "IsolatedDevice", kernels: Mapping[str, Original], wanted: Recording, cancel: Cancel
) -> Generator[Event, None, list[Recorded]]:
    yield Plan("record", len(kernels))
    found: list[Recorded] = []
    for symbol, original in kernels.items():
        cancel.check()
        found.append(_run_original(gpu, original, symbol, wanted.effort, wanted.seed))
        if found[-1].fault:
            yield Note(f"{symbol}: {found[-1].fault}", "error")
        yield Step(len(found), symbol)
    return found


def _run_original(gpu: "IsolatedDevice", original: Original, symbol: str, effort: Effort, seed: int) -> Recorded:
    from tracker.devices.children import ChildCrashed, ChildTimeout

    try:
        module = gpu.load(Artifact(gpu.target, original.image, None))
        return record_kernel(gpu, module, symbol, effort, seed)
    except CancelledError:
        raise
    except (KerntrackError, ChildCrashed, ChildTimeout) as error:
        return Recorded(symbol, (), b"", str(error))


def _recorded(file: Path, wanted: Sequence[str], good: Sequence[Recorded]) -> Finished:
    cases = [case for kernel in good for case in kernel.cases]
    strange = sum(not case.as_the_oracle for case in cases)
    size = file.stat().st_size if good else 0
    message = f"{len(good)} of {len(wanted)} kernels recorded, {len(cases)} cases, {size / 2**20:.1f} MiB: {file}"
    if strange:
        message += f"; in {strange} cases the original is not what the oracle expects"
    summary = {"kernels": len(wanted), "recorded": len(good), "cases": len(cases), "bytes": size, "strange": strange}
    return Finished(bool(wanted) and len(good) == len(wanted), message, summary)


@dataclass(frozen=True)
class CompareTask:
    """One kernel of a golden file on one arch: a `Task` of `stations`."""

    file: Path
    symbol: str
    port_symbol: str
    family: str
    arch: str
    code_object: Path
    assembly: Path | None

    @property
    def files(self) -> tuple[Path, ...]:
        """The code and what to compare with."""
        return tuple(filter(None, (self.code_object, self.assembly, self.file)))

    def moved(self, to: Mapping[str, Path]) -> Self:
        """With the files elsewhere."""
        assembly = self.assembly and to[self.assembly.name]
        return replace(self, code_object=to[self.code_object.name], assembly=assembly, file=to[self.file.name])

    def emulate(self) -> Compared:
        """Compare on the emulator."""
        from tracker.devices.emulator import EmulatorDevice

        return self._compare(EmulatorDevice(self.arch))

    def on_gpu(self, gpu: "IsolatedDevice", cancel: Cancel) -> Compared:
        """Compare on a GPU."""
        return self._compare(gpu)

    def broken(self, message: str, gpu: Gpu | None = None, late: bool = False) -> Compared:
        """Nothing could be compared."""
        return Compared(self.symbol, self.family, self.arch, "timed out" if late else "failed", message)

    def _compare(self, device: Any) -> Compared:
        from tracker.devices.children import ChildCrashed, ChildTimeout

        try:
            module = device.load(Artifact(self.arch, self.code_object, self.assembly))
            return compare_kernel(device, module, _open(self.file), self.symbol, self.port_symbol)
        except CancelledError:
            raise
        except (KerntrackError, ChildCrashed, ChildTimeout) as error:
            return self.broken(str(error), late=isinstance(error, ChildTimeout))


@cache
def _open(file: Path) -> Golden:
    return Golden(file)


def compare_golden(project: Project, cancel: Cancel, wanted: Comparison) -> Iterator[Event]:
    """Compare the port of the recorded kernels, on a device, with what the originals computed.

    Raises UsageError when the file is no golden file or holds none of the selected kernels.
    """
    golden = Golden(wanted.file)
    engine = open_store(project)
    events = _compare(project, engine, cancel, golden, wanted)
    yield from recorded(project, engine, "golden compare", plain(wanted), events)


def _compare(project: Project, engine: Engine, cancel: Cancel, golden: Golden, wanted: Comparison) -> Iterator[Event]:
    yield from rescan(project, engine, cancel)
    origin = golden.origin
    yield Note(f"{golden.path}: recorded on {origin.device} ({origin.target}; {origin.runtime}), {origin.compiler}")
    with open_station(project, cancel, wanted.device, wanted.selector, wanted.archs) as (station, notes):
        yield from notes
        selection = _kept(choose(project, engine, wanted.selector, station.columns(wanted.archs)), golden)
        yield from note_unported(selection)
        if wanted.build:
            yield from build_missing(project, engine, cancel, selection, station)
        tasks = _tasks(engine, selection, golden.path, station)
        yield Plan("compare", len(tasks))
        results: list[Compared] = []
        for result in station.run(tasks, cancel):
            results.append(result)
            yield GoldenCompared(result)
            yield Step(len(results), f"{result.symbol} {result.arch}")
        yield _compared(selection, results)


def _kept(chosen: Selection, golden: Golden) -> Selection:
    symbols = set(golden.symbols)
    cells = tuple(cell for cell in chosen.cells if cell[0].symbol in symbols)
    if not cells:
        raise UsageError(f"{golden.path} holds none of the selected kernels", "leave the selector out")
    return Selection(cells)


def _tasks(engine: Engine, selection: Selection, file: Path, station: Station) -> list[CompareTask]:
    return [
        CompareTask(
            file=file.absolute(),
            symbol=built.kernel.symbol,
            port_symbol=built.symbol,
            family=built.kernel.family,
            arch=built.arch,
            code_object=built.code_object,
            assembly=built.assembly,
        )
        for built in ready(engine, selection, station)
    ]


def _compared(selection: Selection, results: Sequence[Compared]) -> Finished:
    outcomes = Counter(result.outcome for result in results)
    absent = len(selection.cells) - len(results)
    parts = [f"{outcomes['equal']} equal in every bit", f"{outcomes['within']} within the contract's bound"]
    if outcomes["disputed"]:
        parts += [f"{outcomes['disputed']} apart only where the original contradicts the oracle and the port does not"]
    parts += [f"{outcomes['failed']} differ"] if outcomes["failed"] else []
    parts += [f"{outcomes['timed out']} timed out"] if outcomes["timed out"] else []
    parts += [f"{absent} not ported or not built"] if absent else []
    summary: dict[str, Any] = {"kernels": len(selection.cells), "absent": absent}
    summary |= {str(outcome): count for outcome, count in outcomes.items()}
    summary["families"] = families(results)
    wrong, late = bool(absent or outcomes["failed"]), outcomes["timed out"] > 0
    return Finished(not wrong and not late, ", ".join(parts), summary, late=late and not wrong)


def families(results: Sequence[Compared]) -> dict[str, dict[str, Any]]:
    """Sums by family and arch, keyed `family arch`."""
    found: dict[str, dict[str, Any]] = {}
    for result in sorted(results, key=lambda each: (each.family, each.arch)):
        row = found.setdefault(f"{result.family} {result.arch}", {"kernels": 0, "worst": 0.0, "bound": 0.0})
        row["kernels"] += 1
        for key in ("cases", "elements", "differing", "bits"):
            row[key] = row.get(key, 0) + getattr(result, key)
        for outcome in ("equal", "within", "disputed", "timed out", "failed"):
            row[outcome] = row.get(outcome, 0) + (result.outcome == outcome)
        row["worst"] = max(row["worst"], result.worst.get("cw", 0.0))
        row["bound"] = max(row["bound"], result.worst.get("bound", 0.0))
    return found
