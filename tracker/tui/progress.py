"""How the port came along: cells that had passed, over time."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from db.views import Outcome
from tracker.signs import STATES
from tracker.tui.describe import local_time
from tracker.tui.widgets.columns import Piece

BARS = " ▁▂▃▄▅▆▇█"
KINDS = {"verified": ("hip", "cuda"), "emulated": ("emulator",)}
MOST_COLUMNS = 60


def lines(outcomes: Sequence[Outcome], cells: int, width: int) -> Iterator[list[Piece]]:
    """One curve for verified and one for emulated: the share of all `cells` whose last check had passed by then."""
    if not outcomes or not cells:
        return
    columns = max(1, min(MOST_COLUMNS, width - 40))
    first, last = local_time(outcomes[0].created), local_time(outcomes[-1].created)
    yield [(f" checks from {first} to {last}", "$foreground-muted")]
    for state, kinds in KINDS.items():
        counts = curve([outcome for outcome in outcomes if outcome.device_kind in kinds], *_span(outcomes), columns)
        sign = STATES[state]
        marks = "".join(height(count, cells) for count in counts)
        yield [
            (f" {sign.mark} {state:<9}", sign.style),
            (marks, sign.style),
            (f" {counts[-1]} of {cells} cells", "$foreground"),
        ]


def _span(outcomes: Sequence[Outcome]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(outcomes[0].created), datetime.fromisoformat(outcomes[-1].created)


def curve(outcomes: Sequence[Outcome], start: datetime, end: datetime, columns: int) -> list[int]:
    """At the end of each of `columns` equal stretches of time: how many cells' last check had passed."""
    step = max((end - start) / columns, timedelta(microseconds=1))
    passed: set[tuple[str, str]] = set()
    counts, at = [], 0
    for column in range(1, columns + 1):
        limit = end if column == columns else start + column * step
        while at < len(outcomes) and datetime.fromisoformat(outcomes[at].created) <= limit:
            cell = (outcomes[at].symbol, outcomes[at].arch)
            (passed.add if outcomes[at].outcome == "passed" else passed.discard)(cell)
            at += 1
        counts.append(len(passed))
    return counts


def height(count: int, total: int) -> str:
    """A bar of eight steps: empty only for nothing, full only for everything."""
    if count >= total:
        return BARS[-1]
    return BARS[min(len(BARS) - 2, max(count > 0, count * (len(BARS) - 1) // total))]
