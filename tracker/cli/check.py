"""`kerntrack check`: a gate for CI. One screen of reasons, and an exit code."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.text import Text

from tracker.actions.compare import read_states
from tracker.actions.status import load
from tracker.cli.documents import SCHEMA
from tracker.cli.session import Session
from tracker.cli.tables import print_json
from tracker.errors import ExitCode, UsageError
from tracker.reports.gate import Verdict, judge, parse

SCREEN = 16
"""Lines of reasons that all unmet demands share; the rest is counted."""


def run(session: Session, minimum: Sequence[str], base: Path | None, json: bool) -> ExitCode:
    """Judge every demand. Bad news when one is not met. Raises UsageError when there is none."""
    if not minimum and base is None:
        raise UsageError("nothing to check", "give --min ported=95% or --no-regressions BASE.json")
    project = session.project()
    demands = [demand for text in minimum for demand in parse(text, project.archs)]
    states = read_states(session.directory / base) if base else None
    verdicts = list(judge(load(project), demands, states))
    good = all(verdict.good for verdict in verdicts)
    if json:
        print_json({"schema": SCHEMA, "good": good, "verdicts": [asdict(verdict) for verdict in verdicts]})
    else:
        limit = max(1, SCREEN // max(1, sum(not verdict.good for verdict in verdicts)))
        for verdict in verdicts:
            for line in _lines(verdict, limit):
                session.stdout().print(line, soft_wrap=True)
    return ExitCode.GOOD if good else ExitCode.BAD_NEWS


def _lines(verdict: Verdict, limit: int) -> Iterator[Text]:
    mark, style = ("✓", "green") if verdict.good else ("✗", "bold red")
    yield Text.assemble((mark, style), f" {verdict.demand}: {verdict.found}")
    for each in verdict.against[:limit]:
        yield Text(f"    {each}")
    if len(verdict.against) > limit:
        yield Text(f"    and {len(verdict.against) - limit} more; --json lists all", "dim")
