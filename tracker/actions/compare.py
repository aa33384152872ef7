"""Compares two states of the matrix: what is new, fixed, broken, stale or gone."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from db.views import ArchStatus, KernelStatus
from tracker.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

Kind = Literal["broken", "stale", "fixed", "new", "gone", "changed"]
States = Mapping[str, Mapping[str, str]]
"""{symbol: {"port": state, arch: state}}, the states in words."""

KINDS: tuple[Kind, ...] = ("broken", "stale", "fixed", "new", "gone", "changed")
"""In the order of their importance. `broken` is a regression: a failure that was none, or a rung lost."""

RUNGS = {
    "missing": 0,
    "drifted": 1,
    "ported": 2,
    "none": 0,
    "build failed": 1,
    "compiled": 2,
    "unsupported": 2,
    "emulation failed": 2,
    "emulated": 3,
    "verify failed": 3,
    "verified": 4,
}
"""How far a port or a cell has come; the failed ones at the rung below the one they missed."""
STALE = " (stale)"


@dataclass(frozen=True)
class Change:
    """One cell, or the port of one kernel (then `arch` is `port`)."""

    kind: Kind
    symbol: str
    arch: str
    before: str
    after: str


def words(cell: ArchStatus) -> str:
    """A cell in words."""
    return cell.state if cell.fresh else cell.state + STALE


def states_of(kernels: Sequence[KernelStatus]) -> dict[str, dict[str, str]]:
    """The matrix in words."""
    return {
        kernel.symbol: {"port": kernel.port, **{arch: words(cell) for arch, cell in kernel.archs.items()}}
        for kernel in kernels
    }


def read_states(file: Path) -> States:
    """A state that `kerntrack status --json` wrote. Raises UsageError naming the file when it is none."""
    remedy = "write one with `kerntrack status --json > FILE`"
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return {kernel["symbol"]: _row(kernel) for kernel in document["kernels"]}
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", remedy) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{file} is not a state of kerntrack: {error!r}", remedy) from error


def _row(kernel: Mapping[str, Any]) -> dict[str, str]:
    unknown = {kernel["port"]["state"], *(cell["state"] for cell in kernel["archs"].values())} - RUNGS.keys()
    if unknown:
        raise ValueError(f"unknown state {unknown.pop()}")
    cells = {arch: cell["state"] + ("" if cell["fresh"] else STALE) for arch, cell in kernel["archs"].items()}
    return {"port": kernel["port"]["state"], **cells}


def states_at(engine: "Engine", run_id: int) -> States:
    """The state after a run of the history. Raises UsageError for a run that left none."""
    from db import queries

    newest = queries.runs(engine, limit=1)
    found = queries.snapshot(engine, run_id) if newest and run_id <= newest[0].id else None
    if found is None:
        raise UsageError(f"no state is known for run {run_id}", "`kerntrack history` lists the runs")
    return found


def compare(before: States, after: States) -> list[Change]:
    """Every difference, the worst first. Architectures that only one side has are left out."""
    changes = [change for symbol in {**before, **after} for change in _of_kernel(symbol, before, after)]
    return sorted(changes, key=lambda change: KINDS.index(change.kind))


def _of_kernel(symbol: str, before: States, after: States) -> Iterator[Change]:
    old, new = before.get(symbol), after.get(symbol)
    if old is None or new is None:
        kind: Kind = "gone" if new is None else "new"
        yield Change(kind, symbol, "port", (old or {}).get("port", ""), (new or {}).get("port", ""))
        return
    for arch in old.keys() & new.keys() if old != new else ():
        if old[arch] != new[arch]:
            yield Change(_kind(old[arch], new[arch]), symbol, arch, old[arch], new[arch])


def _kind(before: str, after: str) -> Kind:
    if after.endswith(STALE) and not before.endswith(STALE):
        return "stale"
    old, new = before.removesuffix(STALE), after.removesuffix(STALE)
    failed, fails, rise = old.endswith("failed"), new.endswith("failed"), RUNGS[new] - RUNGS[old]
    if old == new:
        return "fixed"  # it was stale
    if failed and not fails and rise >= 0:
        return "fixed"
    if failed or (rise == 0 and not fails):
        return "changed"
    return "broken" if fails or rise < 0 else "new"
