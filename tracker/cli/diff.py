"""`kerntrack diff`: what changed between two states, with a bad exit code for a regression."""

from collections import Counter
from collections.abc import Sequence

from rich.text import Text
from sqlalchemy import Engine

from db import queries
from tracker.actions.compare import KINDS, Change, States, compare, read_states, states_at, states_of
from tracker.actions.store import open_store
from tracker.cli.documents import SCHEMA
from tracker.cli.session import Session
from tracker.cli.tables import Listing, print_json, print_lines, print_listing
from tracker.config import Project
from tracker.errors import ExitCode

NOW = "now"


def run(session: Session, before: str, after: str, format: str | None) -> ExitCode:
    """Print the changes from `before` to `after`: each a file, the number of a run, or `now`."""
    project = session.project()
    changes = compare(*(_states(session, project, each) for each in (before, after)))
    counts = Counter(change.kind for change in changes)
    session.counts.update({kind: counts[kind] for kind in KINDS})
    if format == "json":
        totals = {kind: counts[kind] for kind in KINDS}
        print_json({"schema": SCHEMA, "totals": totals, "changes": [vars(change) for change in changes]})
    elif format == "jsonl":
        print_lines(map(vars, changes))
    elif changes or format:
        print_listing(session.stdout(), listing(changes), format or "table")
    words = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]) or "nothing changed"
    session.stderr().print(Text(words, "bold red" if counts["broken"] else ""))
    return ExitCode.BAD_NEWS if counts["broken"] else ExitCode.GOOD


def _states(session: Session, project: Project, name: str) -> States:
    if name != NOW and not name.isdigit():
        return read_states(session.directory / name)
    engine: Engine = open_store(project, read_only=True)
    if name == NOW:
        return states_of(queries.status(engine, project.archs))
    return states_at(engine, int(name))


def listing(changes: Sequence[Change]) -> Listing:
    """A row per change, the worst first."""
    rows = tuple((each.kind, each.symbol, each.arch, each.before, each.after) for each in changes)
    return Listing(("change", "kernel", "arch", "before", "after"), rows, frozenset({"before", "after"}))
