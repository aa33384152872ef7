"""The JSON documents of reading commands. `schema` is raised when a reader would have to change."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from db.views import ArchStatus, KernelStatus, Location
from tracker.actions.status import counts

SCHEMA = 1


def status_document(kernels: Sequence[KernelStatus], archs: Sequence[str]) -> dict[str, Any]:
    """`kerntrack status --json`: the contract that other programs build on (see docs in the README)."""
    return {
        "schema": SCHEMA,
        "kernels": [kernel_document(kernel, archs) for kernel in kernels],
        "totals": counts(kernels, archs),
    }


def kernel_document(kernel: KernelStatus, archs: Sequence[str]) -> dict[str, Any]:
    """One kernel of the matrix."""
    port = {"state": kernel.port, "symbol": kernel.port_symbol, "path": None, "line": None, "macro_line": None}
    if kernel.port_location:
        port |= asdict(kernel.port_location)
    return {
        "symbol": kernel.symbol,
        "family": kernel.family,
        "type": kernel.type,
        "batch": kernel.batch,
        "baseline": _location(kernel.baseline),
        "port": {**port, "differences": list(kernel.differences)},
        "archs": {arch: arch_document(kernel.archs[arch]) for arch in archs},
    }


def arch_document(cell: ArchStatus) -> dict[str, Any]:
    """One cell."""
    return {
        "state": cell.state,
        "fresh": cell.fresh,
        "code_hash": cell.code_hash or None,
        "evidence": asdict(cell.evidence) if cell.evidence else None,
        "resources": asdict(cell.resources) if cell.resources else None,
    }


def _location(location: Location | None) -> Mapping[str, Any] | None:
    return asdict(location) if location else None
