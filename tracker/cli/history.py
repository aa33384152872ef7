"""`kerntrack history`: what ran, when, for how long, and what came of it."""

from datetime import datetime

from db import queries
from db.views import RunRecord
from tracker.actions.store import open_store
from tracker.cli.documents import SCHEMA
from tracker.cli.session import Session
from tracker.cli.tables import Listing, print_json, print_lines, print_listing
from tracker.errors import ExitCode


def run(session: Session, limit: int, format: str | None) -> ExitCode:
    """Print the newest `limit` runs, newest first."""
    runs = queries.runs(open_store(session.project(), read_only=True), limit=limit)
    session.counts["runs"] = len(runs)
    if format == "json":
        print_json({"schema": SCHEMA, "runs": [vars(each) for each in runs]})
    elif format == "jsonl":
        print_lines(map(vars, runs))
    else:
        print_listing(session.stdout(), listing(runs), format or "table")
    return ExitCode.GOOD


def listing(runs: list[RunRecord]) -> Listing:
    """A row per run."""
    rows = tuple(
        (
            str(each.id),
            each.started[:19].replace("T", " "),
            f"{_seconds(each):.1f}",
            each.verb,
            " ".join(each.options.get("selector", ())),
            "good" if each.good else "bad",
            each.message,
        )
        for each in runs
    )
    return Listing(("run", "started (UTC)", "seconds", "command", "selector", "result", "message"), rows)


def _seconds(run: RunRecord) -> float:
    return (datetime.fromisoformat(run.finished) - datetime.fromisoformat(run.started)).total_seconds()
