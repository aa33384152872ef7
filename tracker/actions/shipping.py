"""Gathering a shipment: linked code objects, their kernels as scanned, and the evidence that holds for each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Engine

from db import queries
from db.views import ArchStatus, KernelFacts
from tracker import __version__
from tracker.actions.building import Work
from tracker.actions.trees import tree
from tracker.build import codeobject
from tracker.build.archs import get_arch
from tracker.build.link import link_objects
from tracker.build.records import BuildRecord, KernelObject
from tracker.build.toolchain import Toolchain
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.errors import UsageError
from tracker.export.shipment import CodeObject, Kernel, Parameter, Proof, Shipment

Built = Mapping[str, Mapping[str, KernelObject]]
"""By arch and symbol."""


def gather(
    project: Project,
    engine: Engine,
    work: Work,
    records: Sequence[BuildRecord],
    toolchain: Toolchain,
    cancel: Cancel,
) -> Shipment:
    """Link what was built (`records`: every source of `work` for every arch) and look up what is known about it.

    Raises UsageError when sources do not agree on a kernel, or cannot be linked.
    """
    archs = list(dict.fromkeys(arch for _, arch in work.targets))
    objects: dict[str, list[Path]] = defaultdict(list)
    built: dict[str, dict[str, KernelObject]] = defaultdict(dict)
    for record in sorted(records, key=lambda record: str(record.unit.source)):
        assert record.code_object
        objects[record.arch].append(record.code_object.with_suffix(".o"))
        built[record.arch] |= codeobject.read(record.code_object).kernels
    facts = _facts(work, built)
    sources = tree(project, engine, [source for source, _ in work.targets])
    return Shipment(
        objects=tuple(
            CodeObject(arch, get_arch(arch).mach, link_objects(objects[arch], toolchain, cancel)) for arch in archs
        ),
        kernels=tuple(_kernel(each, built[archs[0]][each.symbol]) for each in facts),
        proofs=tuple(_proofs(engine, built, [each.symbol for each in facts])),
        toolchain=toolchain.version,
        program=f"kerntrack {__version__}",
        defines=project.defines,
        units=tuple(sorted(sources.units.values())),
        includes=sources.includes,
        sources={name: path.read_bytes() for name, path in sources.files.items()},
    )


def _facts(work: Work, built: Built) -> list[KernelFacts]:
    """The kernels in scanned order. Raises UsageError when a code object holds others than the sources."""
    found = [facts for source in dict.fromkeys(source for source, _ in work.targets) for facts in work.kernels[source]]
    symbols = {facts.symbol for facts in found}
    for arch, objects in built.items():
        odd = sorted(symbols ^ set(objects))
        if odd:
            raise UsageError(
                f"the sources and the code object for {arch} do not hold the same kernels: {', '.join(odd[:4])}",
                "run `kerntrack scan --again`; a kernel that only one architecture has cannot be exported",
            )
    return found


def _kernel(facts: KernelFacts, built: KernelObject) -> Kernel:
    explicit = [entry for entry in built.arguments if not entry[0].startswith("hidden_")]
    parameters = zip(facts.parameters, explicit, strict=True)
    return Kernel(
        facts.symbol,
        tuple(Parameter(name, type, offset, size) for (name, type), (_, offset, size) in parameters),
        built.max_threads,
    )


def _proofs(engine: Engine, built: Built, symbols: Iterable[str]) -> list[Proof]:
    matrix = {kernel.port_symbol: kernel.archs for kernel in queries.status(engine, list(built))}
    return [
        _proof(symbol, arch, built[arch][symbol].code_hash, matrix.get(symbol, {}).get(arch))
        for symbol in symbols
        for arch in built
    ]


def _proof(symbol: str, arch: str, code_hash: str, cell: ArchStatus | None) -> Proof:
    """What the matrix says, if it speaks of the code that is shipped."""
    if cell is None or cell.code_hash != code_hash or not cell.fresh:
        return Proof(symbol, arch, "stale", code_hash)
    evidence = cell.evidence
    if evidence is None:
        return Proof(symbol, arch, cell.state, code_hash)
    device = f"{evidence.device_kind}: {evidence.device_name}, {evidence.device_target}"
    return Proof(
        symbol,
        arch,
        cell.state,
        code_hash,
        device,
        evidence.contract,
        evidence.effort,
        evidence.cases_run,
        evidence.created,
    )
