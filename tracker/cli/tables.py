"""One table of texts in several formats. The text of a cell is the same in all of them."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.cli import plain
from tracker.cli.plain import Cell
from tracker.signs import STATES, mark_of

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


def style(state: str) -> str:
    """The rich style of a state."""
    if state.endswith("failed"):
        return "bold red"
    return STYLES.get("stale" if state.endswith("(stale)") else state, "")


def state_cell(text: str) -> Cell:
    """A state with its sign, and its colour; any other text as it is."""
    if text.removesuffix(" (stale)") not in STATES:
        return text, ""
    return f"{mark_of(text)} {text}", style(text)


def print_listing(console: Console, listing: Listing, format: str) -> None:
    """Print to stdout as `table`, `md` or `csv`."""
    if format == "table":
        print_table(console, listing)
    else:
        sys.stdout.write({"md": as_markdown, "csv": as_csv}[format](listing))


def print_table(console: Console, listing: Listing) -> None:
    """For a terminal: line by line where the rows fit into its width, else with folded cells."""
    shown = [index for index, heading in enumerate(listing.headings) if heading not in listing.hidden]
    headings = [listing.headings[index] for index in shown]
    makers = [state_cell if heading in listing.states else plain_cell for heading in headings]
    rows = [[make(row[index]) for index, make in zip(shown, makers, strict=True)] for row in listing.rows]
    if lines := plain.lines(console, headings, rows):
        sys.stdout.writelines(line + "\n" for line in lines)
    else:
        console.print(_folded(headings, rows))


def plain_cell(text: str) -> Cell:
    """A text as it is."""
    return text, ""


def _folded(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(*cell) for cell in row))
    return table


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


def print_lines(rows: Iterable[Any]) -> None:
    """Print objects of a document to stdout, one to a line as it is made, so that a reader can begin before the end."""
    for row in rows:
        sys.stdout.write(json.dumps(row, allow_nan=False, default=list) + "\n")


def print_json(document: Any) -> None:
    """Print a document to stdout. Raises ValueError for numbers that JSON does not have: a mistake of ours."""
    json.dump(document, sys.stdout, indent=1, allow_nan=False, default=list)
    sys.stdout.write("\n")
