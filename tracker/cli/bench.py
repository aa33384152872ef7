"""`kerntrack bench`: how long kernels take on a GPU, beside what other devices took."""

from collections.abc import Iterator

from rich.text import Text

from db.views import Timing
from tracker.actions.bench import Bench, bench
from tracker.actions.events import Event, Measured
from tracker.cli.documents import SCHEMA
from tracker.cli.follow import Reporter, exit_code, follow
from tracker.cli.session import Session
from tracker.cli.tables import print_json
from tracker.errors import ExitCode


def run(session: Session, wanted: Bench, json: bool) -> ExitCode:
    """Time; bad news when a kernel is not there or a launch failed."""
    project = session.project()
    measured: list[Measured] = []

    def show(reporter: Reporter, event: Event) -> None:
        if isinstance(event, Measured):
            measured.append(event)
            if not json:
                for line in _lines(event):
                    reporter.data(line)

    finished = follow(session, lambda cancel: bench(project, cancel, wanted), show)
    if json:
        results = [{**_plain(each.timing), "others": [_plain(other) for other in each.others]} for each in measured]
        print_json({"schema": SCHEMA, "good": finished.good, "results": results, "summary": finished.summary})
    session.stderr().print(Text(finished.message, "" if finished.good else "bold red"))
    return exit_code(finished)


def _plain(timing: Timing) -> dict[str, object]:
    return {**timing._asdict(), "gigabytes_per_second": round(rate(timing), 3)}


def rate(timing: Timing) -> float:
    """10⁹ bytes a second that the median launch moved at least."""
    return timing.bytes / timing.median_us / 1000 if timing.median_us else 0.0


def figures(timing: Timing) -> str:
    """Median, least and bandwidth."""
    return f"{timing.median_us:>10.1f} µs (least {timing.least_us:.1f})  {rate(timing):>8.1f} GB/s"


def _lines(event: Measured) -> Iterator[Text]:
    timing = event.timing
    side = " CUDA original" if timing.side == "cuda" else ""
    yield Text(f"{timing.symbol:<32} {timing.workload:<28}{figures(timing)}{side}")
    for other in event.others:
        times = other.median_us / timing.median_us if timing.median_us else 0.0
        what = "the CUDA original" if other.side == "cuda" else "the port"
        yield Text(f"    {figures(other)}  {what} on {other.device_name}: {times:.2f} of this", "dim")
