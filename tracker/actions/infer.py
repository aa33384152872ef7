"""Infer: run a quantized model on the project's kernels and compare its logits with references."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from db import queries
from tracker.actions.building import build_missing
from tracker.actions.events import Event, Finished, Plan, Step
from tracker.actions.history import plain, recorded
from tracker.actions.ready import ready
from tracker.actions.scan import rescan
from tracker.actions.stations import Station, open_station
from tracker.actions.store import open_store
from tracker.build.archs import get_arch
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.devices.emulator import EmulatorDevice
from tracker.devices.protocol import Artifact, Device
from tracker.gguf import reader
from tracker.infer import layers, model, tokenizer
from tracker.infer.audit import Audit
from tracker.infer.compare import Agreement
from tracker.infer.generate import Run, check_length, compare, generate
from tracker.infer.layers import Kernels, Role
from tracker.infer.model import Llama
from tracker.infer.tokenizer import Tokenizer
from tracker.selectors import Selection


@dataclass(frozen=True)
class Request:
    """What to run, and where. `arch`: what the emulator executes; None for the project's first."""

    path: Path
    prompt: str
    tokens: int
    device: str
    arch: str | None


@dataclass(frozen=True)
class _Loaded:
    path: Path
    model: Llama
    tokenizer: Tokenizer
    prompt: list[int]

    def roles(self) -> set[Role]:
        return layers.needed(self.model, {len(self.prompt), 1})


def infer(project: Project, cancel: Cancel, request: Request) -> Iterator[Event]:
    """Feed the prompt, generate the most likely tokens, compare the logits at every position.

    Good when every launch did what its contract says and the most likely token is everywhere the reference's. Raises
    UsageError for a model that cannot be run, AbsentError where a kernel, a device or a compiler is missing,
    LaunchError when a kernel faults.
    """
    file = reader.read(request.path)
    words = tokenizer.load(file)
    loaded = _Loaded(request.path, model.load(file), words, words.encode(request.prompt))
    check_length(loaded.model, loaded.prompt, request.tokens)
    engine = open_store(project)
    yield from recorded(project, engine, "infer", plain(request), _infer(project, engine, cancel, request, loaded))


def _infer(project: Project, engine: Engine, cancel: Cancel, request: Request, loaded: _Loaded) -> Iterator[Event]:
    yield from rescan(project, engine, cancel)
    archs = [get_arch(request.arch).name] if request.arch else None
    with open_station(project, cancel, request.device, (), archs) as (station, notes):
        yield from notes
        arch = (station.columns(archs) or project.archs)[0]
        selection = _kernels(engine, loaded.roles(), arch)
        yield from build_missing(project, engine, cancel, selection, station)
        device = station.gpu or EmulatorDevice(arch)
        modules = [device.load(artifact) for artifact in _artifacts(engine, selection, station)]
        kernels = Kernels(device, modules, cancel)
        kernels.require(loaded.roles())
        yield from _run(request, loaded, kernels, device)


def _run(request: Request, loaded: _Loaded, kernels: Kernels, device: Device) -> Iterator[Event]:
    run = Run(list(loaded.prompt))
    yield Plan("infer", request.tokens + 1)
    for done, token in enumerate(generate(loaded.model, kernels, run, request.tokens, loaded.tokenizer.end), start=1):
        yield Step(done, loaded.tokenizer.decode([token]))
    results = list(compare(loaded.model, loaded.path, run))
    yield Step(request.tokens + 1, "compared")
    yield _finish(loaded, run, kernels, device, results)


def _kernels(engine: Engine, roles: set[Role], arch: str) -> Selection:
    """The ported kernels that do what is needed, on one arch."""
    rows = queries.status(engine, [arch])
    return Selection(tuple((row, arch) for row in rows if row.port_symbol and layers.role(row.port_symbol) in roles))


def _artifacts(engine: Engine, selection: Selection, station: Station) -> list[Artifact]:
    """The code objects that hold the kernels, each once."""
    found = ready(engine, selection, station)
    return list(
        dict.fromkeys(Artifact(station.target(built.arch), built.code_object, built.assembly) for built in found)
    )


def _finish(loaded: _Loaded, run: Run, kernels: Kernels, device: Device, results: list[Agreement]) -> Finished:
    reference, audit = results[0], kernels.audit
    good = reference.agreeing == reference.positions and not audit.wrong
    summary: dict[str, Any] = {
        "text": loaded.tokenizer.decode(run.tokens[len(loaded.prompt) :]),
        "tokens": run.tokens,
        "prompt": len(loaded.prompt),
        "device": {"kind": device.kind, "name": device.name, "target": device.target},
        "launches": dict(sorted(kernels.launches.items())),
        "worst": audit.worst,
        "wrong": list(audit.wrong),
        "agreement": [asdict(result) for result in results],
    }
    return Finished(good, f"on {device.name} ({device.target}): {_verdict(audit, reference)}", summary)


def _verdict(audit: Audit, reference: Agreement) -> str:
    as_expected = f"as their contracts say, the worst error {audit.worst:.0%} of its bound"
    launches = f"{audit.launches} launches, " + (f"wrong: {', '.join(audit.wrong)}" if audit.wrong else as_expected)
    same = f"most likely token the reference's at {reference.agreeing} of {reference.positions} positions"
    if reference.missed:
        near = "near ties" if reference.missed < 2 * reference.largest else "no ties"
        same += f", {near} elsewhere (it leads there by up to {reference.missed:.2g})"
    return f"{launches}; {same}"
