"""`kerntrack db copy`: one line per table."""

from rich.text import Text

from db.address import describe
from db.copy import copy
from db.errors import DatabaseError
from tracker.actions.store import user_error
from tracker.cli.session import Session
from tracker.config import address
from tracker.errors import ExitCode


def copy_project(session: Session, source: str, target: str) -> ExitCode:
    """Copy. Raises UsageError when one cannot be read, or the other is not empty."""
    origin, end = (address(text, session.directory) for text in (source, target))

    def narrate(table: str, rows: int) -> None:
        session.stdout().print(Text(f"{table:<16} {rows:>8} rows"), soft_wrap=True)

    try:
        counts = copy(origin, end, narrate)
    except DatabaseError as error:
        raise user_error(error) from error
    session.stderr().print(Text(f"copied {sum(counts.values())} rows to {describe(end)}"), soft_wrap=True)
    return ExitCode.GOOD
