"""How far cells had come after every run of the history."""

from collections.abc import Mapping, Sequence

from tracker.actions.compare import STALE
from tracker.actions.progress import REACHED
from tracker.reports.model import Moment

MOST_MOMENTS = 200


def ported(states: Mapping[str, Mapping[str, str]]) -> int:
    """Kernels whose name and parameters agree."""
    return sum(row["port"] == "ported" for row in states.values())


def reached(states: Mapping[str, Mapping[str, str]], arch: str) -> tuple[int, int, int]:
    """How many kernels have come through each phase on an arch."""
    cells = [row.get(arch, "none") for row in states.values()]
    compiled, checked, verified = (sum(cell in accepted for cell in cells) for accepted in REACHED.values())
    return compiled, checked, verified


def moments(
    snapshots: Sequence[tuple[str, Mapping[str, Mapping[str, str]]]], archs: Sequence[str], of: frozenset[str]
) -> list[Moment]:
    """The kernels `of` after each run that changed something; of very many every so many-th, the newest always."""
    step = max(1, -(-len(snapshots) // MOST_MOMENTS))
    kept = snapshots[::-1][::step][::-1]
    found = []
    for time, states in kept:
        mine = {symbol: row for symbol, row in states.items() if symbol in of}
        found.append(Moment(time, ported(mine), {arch: reached(mine, arch) for arch in archs}))
    return found


def is_failure(state: str) -> bool:
    """A failed build or check, stale or not."""
    return state.removesuffix(STALE).endswith("failed")
