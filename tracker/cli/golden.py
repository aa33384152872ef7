"""`kerntrack golden`: record what the CUDA originals compute, compare the port with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from rich.text import Text

from tracker.actions.events import Event, GoldenCompared
from tracker.actions.golden import Comparison, Recording, compare_golden, record_golden
from tracker.check.golden import Compared
from tracker.cli.documents import SCHEMA
from tracker.cli.follow import Reporter, exit_code, follow
from tracker.cli.session import Session
from tracker.cli.tables import Listing, print_json, print_listing
from tracker.errors import ExitCode
from tracker.selectors import words

COUNTS = ("kernels", "equal", "within", "disputed", "timed out", "failed", "cases", "elements")
HEADINGS = ("family", "arch", *COUNTS, "other bits", "worst", "bound")


def record(session: Session, wanted: Recording) -> ExitCode:
    """Record; bad news when an original is not in the sources or faulted."""
    project = session.project()
    sources = tuple(session.directory / path for path in wanted.sources)
    placed = replace(wanted, file=session.directory / wanted.file, selector=words(wanted.selector), sources=sources)

    def show(reporter: Reporter, event: Event) -> None:
        """Faults come as notes, everything else at the end."""

    finished = follow(session, lambda cancel: record_golden(project, cancel, placed), show)
    session.stderr().print(Text(finished.message, "" if finished.good else "bold red"), soft_wrap=True)
    return exit_code(finished)


def compare(session: Session, wanted: Comparison, json: bool) -> ExitCode:
    """Compare; bad news when a kernel differs by more than its contract allows, or was not compared."""
    project = session.project()
    placed = replace(wanted, file=session.directory / wanted.file, selector=words(wanted.selector))
    results: list[Compared] = []

    def show(reporter: Reporter, event: Event) -> None:
        if isinstance(event, GoldenCompared):
            results.append(event.result)
            if event.result.outcome in ("failed", "timed out") and not json:
                reporter.data(Text(f"✗ {event.result.symbol} {event.result.arch}: {event.result.message}", "bold red"))

    finished = follow(session, lambda cancel: compare_golden(project, cancel, placed), show)
    if json:
        print_json(_document(finished.good, results, finished.summary))
    else:
        rows = tuple(_rows(finished.summary["families"]))
        print_listing(session.stdout(), Listing(HEADINGS, rows), "table")
    session.stderr().print(Text(finished.message, "" if finished.good else "bold red"))
    return exit_code(finished)


def _document(good: bool, results: Sequence[Compared], summary: Mapping[str, Any]) -> dict[str, Any]:
    return {"schema": SCHEMA, "good": good, "results": [asdict(each) for each in results], "summary": summary}


def _rows(families: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for key, row in families.items():
        family, arch = key.split()
        counts = [str(row[name]) for name in COUNTS]
        bits = f"{row['bits']} in {row['differing']}" if row["bits"] else "0"
        worst = f"{row['worst']:.1e}" if row["bound"] else "" if row["failed"] or row["timed out"] else "exact"
        yield family, arch, *counts, bits, worst, f"{row['bound']:.0e}" if row["bound"] else ""
