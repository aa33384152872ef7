"""Progress over time as SVG: per arch how many kernels had come through each phase after every run."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from tracker.actions.progress import PORTED, REACHED
from tracker.reports.model import Moment

WIDTH, HEIGHT, LEFT, BOTTOM = 420, 130, 34, 16
LINES = (PORTED, *REACHED)


def chart(moments: Sequence[Moment], arch: str) -> str:
    """An SVG drawing, "" while there is nothing to draw a line through. Lines are steps: between runs nothing moves."""
    if len(moments) < 2:
        return ""
    highest = max(1, *(max(_values(each, arch)) for each in moments))
    times = [datetime.fromisoformat(each.time).timestamp() for each in moments]
    body = "".join(_lines(moments, times, arch, highest))
    first, last = moments[0].time[:16].replace("T", " "), moments[-1].time[:16].replace("T", " ")
    label = f"Progress on {arch} from {first} to {last} UTC"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}"><title>{label}</title>'
        f'<path class="axis" d="M{LEFT} 4V{HEIGHT - BOTTOM}H{WIDTH - 4}"/>'
        f'<text x="{LEFT - 4}" y="12" text-anchor="end">{highest}</text>'
        f'<text x="{LEFT - 4}" y="{HEIGHT - BOTTOM}" text-anchor="end">0</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 3}">{first}</text>'
        f'<text x="{WIDTH - 4}" y="{HEIGHT - 3}" text-anchor="end">{last}</text>{body}</svg>'
    )


def _values(moment: Moment, arch: str) -> tuple[int, ...]:
    return moment.ported, *moment.archs[arch]


def _lines(moments: Sequence[Moment], times: Sequence[float], arch: str, highest: int) -> Iterator[str]:
    span = (times[-1] - times[0]) or 1.0
    across, down = WIDTH - 4 - LEFT, HEIGHT - BOTTOM - 8
    xs = [round(LEFT + across * (time - times[0]) / span, 1) for time in times]
    for number, name in enumerate(LINES):
        ys = [round(8 + down * (1 - _values(each, arch)[number] / highest), 1) for each in moments]
        steps = "".join(f"H{x}V{y}" for x, y in zip(xs[1:], ys[1:], strict=True))
        yield f'<path class="line l{number}" d="M{xs[0]} {ys[0]}{steps}"><title>{name}</title></path>'
