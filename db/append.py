"""Appending to the history of a SQLite file without SQLAlchemy, whose loading takes longer than all else."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from db.address import Address
from db.schema import HEAD

BUSY_SECONDS = 30.0
RUN = """
    insert into runs (verb, started, finished, good, message, options, summary)
    values (:verb, :started, :finished, :good, :message, :options, :summary)"""


def now() -> str:
    """The time as it stands in rows."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def run(database: Address, columns: Mapping[str, Any], states: Mapping[str, Mapping[str, str]]) -> bool:
    """Add an action and, where it differs from the last one kept, the matrix after it; as `db.record` does.

    False where that cannot be, and nothing was written: not a SQLite file, another schema, locked, not writable.
    """
    if isinstance(database, str):
        return False
    row = {"finished": now(), **columns, "good": bool(columns["good"])}
    row |= {name: json.dumps(columns[name]) for name in ("options", "summary")}
    address = f"{database.resolve().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as opened:
            opened.execute("pragma synchronous = normal")
            opened.execute("begin immediate")
            if opened.execute("select version_num from alembic_version").fetchone() != (HEAD,):
                return False
            number = opened.execute(RUN, row).lastrowid
            last = opened.execute("select states from snapshots order by run_id desc limit 1").fetchone()
            if last is None or json.loads(last[0]) != states:
                opened.execute("insert into snapshots (run_id, states) values (?, ?)", (number, json.dumps(states)))
            opened.execute("commit")
            return True
    except sqlite3.Error:
        return False
