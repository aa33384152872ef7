"""The same matrix in every format: each cell says the same in all of them."""

import csv
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from rich.console import Console

from tests.cli.conftest import Kerntrack
from tracker.cli import plain
from tracker.signs import STALE, STATES

SIGNS = {sign.mark for sign in STATES.values()} | {STALE.mark + sign.mark for sign in STATES.values()}
Rows = list[dict[str, str]]


def from_csv(text: str) -> Rows:
    return list(csv.DictReader(io.StringIO(text)))


def from_markdown(text: str) -> Rows:
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


def from_table(text: str) -> Rows:
    """Columns begin where the headings do; a state's sign is not part of its words."""
    head, _, *rows = text.splitlines()
    starts = [match.start() for match in re.finditer(r"\S+", head)]
    cells = [[row[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)] for row in rows]
    return [dict(zip(head.split(), map(without_sign, row), strict=True)) for row in cells]


def without_sign(cell: str) -> str:
    sign, _, words = cell.partition(" ")
    return words if sign in SIGNS else cell


def from_json(text: str) -> Rows:
    return [
        {
            "kernel": kernel["symbol"],
            "family": kernel["family"],
            "type": kernel["type"],
            "batch": str(kernel["batch"] or ""),
            "lines": str(kernel["lines"] or ""),
            "port": kernel["port"]["state"],
            "differences": "; ".join(kernel["port"]["differences"]),
            "cuda": place(kernel["baseline"]),
            "hip": place(kernel["port"]),
            **{arch: cell["state"] + ("" if cell["fresh"] else " (stale)") for arch, cell in kernel["archs"].items()},
        }
        for kernel in json.loads(text)["kernels"]
    ]


def place(found: dict[str, object] | None) -> str:
    return f"{found['path']}:{found['line']}" if found and found["path"] else ""


def test_status(scanned: Kerntrack) -> None:
    scanned("compile")
    rows = from_csv(scanned("status", "--format", "csv").out)
    assert len(rows) > 3 and {row["gfx90a"] for row in rows} > {"none"}
    assert from_markdown(scanned("status", "--format", "md").out) == rows
    assert from_json(scanned("status", "--json").out) == rows
    shown = from_table(scanned("status", "--all").out)
    assert shown == [{name: row[name] for name in shown[0]} for row in rows]


def test_gap(scanned: Kerntrack) -> None:
    rows = from_csv(scanned("gap", "--format", "csv").out)
    assert from_markdown(scanned("gap", "--format", "md").out) == rows
    document = json.loads(scanned("gap", "--json").out)
    states = ("drifted", "missing")
    assert names(rows, "kernel") == {name for group in document["kernels"] for state in states for name in group[state]}
    for kind in ("struct", "helper"):
        assert names(rows, kind) == {each["name"] for each in document[f"{kind}s"] if each["state"] == "missing"}


LISTS = {"status": "kernels", "hazards": "findings", "history": "runs", "diff": "changes"}


@pytest.mark.parametrize("command", LISTS)
def test_lines_are_the_objects_of_the_document(scanned: Kerntrack, project: Path, command: str) -> None:
    port = project / "hip" / "port.hip"
    port.write_text(port.read_text().replace("double factor", "float factor"))
    source = project / "cuda" / "all.cu"
    source.write_text(source.read_text().replace("twice(k)", "__dp4a(k, k, 0)"))
    scanned("scan")
    words = (command, "1") if command == "diff" else (command,)
    objects = json.loads(scanned(*words, "--json").out)[LISTS[command]]
    lines = scanned(*words, "--format", "jsonl").out.splitlines()
    assert list(map(json.loads, lines)) == objects
    assert objects


def test_lines_of_the_gap(scanned: Kerntrack) -> None:
    lines = scanned("gap", "--format", "jsonl").out.splitlines()
    assert list(map(json.loads, lines)) == from_csv(scanned("gap", "--format", "csv").out)


def names(rows: Iterable[dict[str, str]], kind: str) -> set[str]:
    return {row["name"] for row in rows if row["kind"] == kind}


ROWS = [[("short", ""), ("ported", "bold green")], [("a longer name", ""), ("错", "red")]]


def lines(width: int, color: bool) -> list[str] | None:
    found = plain.lines(
        Console(width=width, force_terminal=color, color_system="standard" if color else None), ("kernel", "port"), ROWS
    )
    return list(found) if found else None


def test_colour_changes_no_column() -> None:
    colored, bare = lines(80, True), lines(80, False)
    assert colored and bare and colored != bare
    assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in colored] == bare
    assert [line.index(word) for line, word in zip(bare, ("port", "─  ─", "ported", "错"), strict=True)] == [
        15,
        12,
        15,
        15,
    ]


def test_what_is_too_wide_is_left_to_folding() -> None:
    assert lines(10, False) is None


def test_no_rows() -> None:
    assert list(plain.lines(Console(), ("a", "bc"), []) or ()) == ["a  bc", "─  ──"]
