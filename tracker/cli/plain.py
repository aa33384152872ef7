"""Tables of any length in fixed-width columns: rich would take milliseconds for every row."""

from collections.abc import Iterator, Sequence
from functools import cache

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

Cell = tuple[str, str]
"""A text and its rich style."""
GAP = "  "
HERE = "."
"""Any text: it shows what a style puts before and after."""


def lines(console: Console, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Iterator[str] | None:
    """The lines of the table with the console's colours; None when it is wider than the console."""
    columns = [
        [heading, *(text for text, _ in column)]
        for heading, column in zip(headings, _columns(headings, rows), strict=True)
    ]
    widths = [max(map(cell_len, column)) for column in columns]
    if sum(widths) + len(GAP) * (len(widths) - 1) > console.width:
        return None
    return _lines(console, widths, [[(heading, "bold") for heading in headings], *rows])


def _columns(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    return zip(*rows, strict=True) if rows else ([] for _ in headings)


def _lines(console: Console, widths: Sequence[int], rows: Sequence[Sequence[Cell]]) -> Iterator[str]:
    @cache
    def around(style: str) -> tuple[str, str]:
        with console.capture() as captured:
            console.print(Text(HERE, style), end="")
        before, _, after = captured.get().partition(HERE)
        return before, after

    for number, row in enumerate(rows):
        cells = []
        for (text, style), width in zip(row, widths, strict=True):
            before, after = around(style) if style else ("", "")
            cells.append(before + text + after + " " * (width - cell_len(text)))
        yield GAP.join(cells).rstrip()
        if number == 0:
            yield GAP.join("─" * width for width in widths)
