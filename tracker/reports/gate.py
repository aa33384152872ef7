"""The gate for CI: what must have been reached, and that nothing fell behind a recorded state."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracker.actions.compare import States, compare, states_of
from tracker.actions.progress import CHECKED, COMPILED, PORTED, REACHED, VERIFIED, share
from tracker.actions.status import Matrix
from tracker.errors import UsageError

PHASES = {PORTED: PORTED, "compiled": COMPILED, "emulated": CHECKED, "verified": VERIFIED}
"""Words of `--min` and the phases that they mean: on a device counts for the emulator too."""
WORSE = ("broken", "stale", "gone")
_DEMAND = re.compile(r"(?P<what>\w+)=(?:(?P<arch>gfx\w+):)?(?P<amount>\d+(?:\.\d+)?)(?P<percent>%?)")


@dataclass(frozen=True)
class Demand:
    """At least so much of a phase; `arch` "" for the port. `amount` counts kernels, or their hundredth parts."""

    what: str
    arch: str
    amount: float
    percent: bool

    def __str__(self) -> str:
        on = f" on {self.arch}" if self.arch else ""
        return f"{PHASES[self.what]}{on} at least {self.amount:g}{' %' if self.percent else ''}"


@dataclass(frozen=True)
class Verdict:
    """One demand, whether it is met, and what stands against it."""

    good: bool
    demand: str
    found: str
    against: tuple[str, ...]


def parse(text: str, archs: Sequence[str]) -> list[Demand]:
    """`ported=95%`, `verified=gfx1100:95%`, `compiled=142`; without an arch one demand for each of `archs`.

    Raises UsageError for anything else, and for an arch that is no column.
    """
    match = _DEMAND.fullmatch(text.replace(" ", ""))
    if match is None or match["what"] not in PHASES:
        remedy = f"write for example verified=gfx1100:95% or ported=95%; known are {', '.join(PHASES)}"
        raise UsageError(f"--min {text} is not understood", remedy)
    what, arch, amount = match["what"], match["arch"] or "", float(match["amount"])
    if match["percent"] and amount > 100:
        raise UsageError(f"--min {text}: more than all of them", "100% is the most")
    if arch and (arch not in archs or what == PORTED):
        raise UsageError(f"--min {text}: {what} is not counted for {arch}", f"architectures here: {', '.join(archs)}")
    on = [""] if what == PORTED else [arch] if arch else archs
    return [Demand(what, each, amount, bool(match["percent"])) for each in on]


def judge(matrix: Matrix, demands: Sequence[Demand], base: States | None) -> Iterator[Verdict]:
    """Every demand in turn. Sources that changed since the scan fail the gate: what is known is not about them."""
    if matrix.changed:
        yield Verdict(False, "sources as scanned", f"{len(matrix.changed)} changed since", matrix.changed)
    states = states_of([kernel for kernel in matrix.kernels if kernel.baseline])
    for demand in demands:
        yield _reached(demand, states)
    if base is not None:
        yield _not_worse(base, states_of(matrix.kernels), matrix.archs)


def _reached(demand: Demand, states: States) -> Verdict:
    column = demand.arch or "port"
    accepted = REACHED.get(PHASES[demand.what], frozenset({PORTED}))
    left = tuple(symbol for symbol, row in states.items() if row[column] not in accepted)
    total, done = len(states), len(states) - len(left)
    enough = 100 * done >= demand.amount * total if demand.percent else done >= demand.amount
    found = f"{done} of {total} ({share(done, total)})" if total else "there are no kernels"
    return Verdict(enough and total > 0, str(demand), found, () if enough else left)


def _not_worse(base: States, now: States, archs: Sequence[str]) -> Verdict:
    dropped = sorted({arch for row in base.values() for arch in row} - {"port", *archs})
    changes = [each for each in compare(base, now) if each.kind in WORSE]
    against = [f"{arch} is no longer a column" for arch in dropped]
    against += [f"{each.symbol} {each.arch}: {each.before} → {each.after or 'gone'}" for each in changes]
    found = ", ".join(f"{count} {kind}" for kind, count in _counts([each.kind for each in changes]).items())
    return Verdict(
        not against, "no regressions", found or ("none" if not against else "columns dropped"), tuple(against)
    )


def _counts(kinds: Sequence[str]) -> Mapping[str, int]:
    return {kind: kinds.count(kind) for kind in WORSE if kind in kinds}
