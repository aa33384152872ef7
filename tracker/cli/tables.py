"""One table of texts in four formats. The text of a cell is the same in all of them."""

import csv
import io
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.tui.signs import STALE, STATES

STYLES: Mapping[str, str] = {
    "missing": "dim",
    "none": "dim",
    "drifted": "yellow",
    "unsupported": "dim",
    "emulated": "cyan",
    "verified": "bold green",
    "stale": "yellow",
}
"""How states look; failures are bold red, all others plain. The sign beside it tells the same without colour."""


@dataclass(frozen=True)
class Listing:
    """Headings and rows of texts. States in the columns named in `states` get a sign in the terminal's table."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    states: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    """Columns for which a terminal has no room."""


def sign(state: str) -> str:
    """The sign of a state, `~` before that of a stale one."""
    plain = state.removesuffix(" (stale)")
    return (STALE.mark if plain != state else "") + STATES[plain].mark


def style(state: str) -> str:
    """The rich style of a state."""
    if state.endswith("failed"):
        return "bold red"
    return STYLES.get("stale" if state.endswith("(stale)") else state, "")


def state_text(state: str) -> Text:
    """A state with its sign and colour; nothing for an empty text."""
    return Text(f"{sign(state)} {state}", style(state)) if state else Text()


def print_listing(console: Console, listing: Listing, format: str) -> None:
    """Print to stdout as `table`, `md` or `csv`."""
    if format == "table":
        console.print(as_table(listing))
    else:
        sys.stdout.write({"md": as_markdown, "csv": as_csv}[format](listing))


def as_table(listing: Listing) -> Table:
    """For a terminal."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown = [index for index, heading in enumerate(listing.headings) if heading not in listing.hidden]
    for index in shown:
        table.add_column(listing.headings[index], overflow="fold")
    for row in listing.rows:
        table.add_row(*(_cell(listing, index, row[index]) for index in shown))
    return table


def _cell(listing: Listing, index: int, text: str) -> Text:
    is_state = listing.headings[index] in listing.states and text.removesuffix(" (stale)") in STATES
    return state_text(text) if is_state else Text(text)


def as_markdown(listing: Listing) -> str:
    """A GitHub table."""
    escaped = ([cell.replace("|", "\\|") for cell in row] for row in (listing.headings, *listing.rows))
    lines = ["| " + " | ".join(row) + " |" for row in escaped]
    return "\n".join([lines[0], "|" + " --- |" * len(listing.headings), *lines[1:]]) + "\n"


def as_csv(listing: Listing) -> str:
    """RFC 4180, but with the newline of the platform's text files."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows((listing.headings, *listing.rows))
    return text.getvalue()


def print_json(document: Any) -> None:
    """Print a document to stdout. Raises ValueError for numbers that JSON does not have: a mistake of ours."""
    json.dump(document, sys.stdout, indent=1, allow_nan=False, default=list)
    sys.stdout.write("\n")
