"""The JSON documents of reading commands. `schema` is raised when a reader would have to change."""

import json
from collections.abc import Sequence
from typing import Any, TextIO

from db.views import ArchStatus, KernelStatus
from tracker.actions.status import counts

SCHEMA = 1


def status_document(kernels: Sequence[KernelStatus], archs: Sequence[str]) -> dict[str, Any]:
    """`kerntrack status --json`: the contract that other programs build on (schemas/status.json)."""
    return {
        "schema": SCHEMA,
        "kernels": [kernel_document(kernel, archs) for kernel in kernels],
        "totals": counts(kernels, archs),
    }


def write_status(out: TextIO, kernels: Sequence[KernelStatus], archs: Sequence[str]) -> None:
    """Write that document kernel by kernel, one to a line, so that a reader can begin before the end is made."""
    out.write(f'{{"schema": {SCHEMA}, "kernels": [')
    for number, kernel in enumerate(kernels):
        out.write(",\n" if number else "\n")
        out.write(json.dumps(kernel_document(kernel, archs), allow_nan=False))
    out.write(f'\n], "totals": {json.dumps(counts(kernels, archs))}}}\n')


def kernel_document(kernel: KernelStatus, archs: Sequence[str]) -> dict[str, Any]:
    """One kernel of the matrix."""
    port = {"state": kernel.port, "symbol": kernel.port_symbol, "path": None, "line": None, "macro_line": None}
    if kernel.port_location:
        port |= vars(kernel.port_location)
    return {
        "symbol": kernel.symbol,
        "family": kernel.family,
        "type": kernel.type,
        "batch": kernel.batch,
        "lines": kernel.lines or None,
        "baseline": vars(kernel.baseline) if kernel.baseline else None,
        "port": {**port, "differences": kernel.differences},
        "archs": {arch: arch_document(kernel.archs[arch]) for arch in archs},
    }


def arch_document(cell: ArchStatus) -> dict[str, Any]:
    """One cell. What the check cost and where it ran is left to `show`, which reads it."""
    evidence = cell.evidence._asdict() if cell.evidence else None
    if evidence:
        del evidence["cost"], evidence["host"]
    return {
        "state": cell.state,
        "fresh": cell.fresh,
        "code_hash": cell.code_hash or None,
        "evidence": evidence,
        "resources": cell.resources._asdict() if cell.resources else None,
    }
