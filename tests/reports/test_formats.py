"""Every format says of every cell what `status --json` says."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from tests.cli.test_json_schemas import validate
from tests.reports.conftest import ARCHS, Kerntrack

Cells = dict[tuple[str, str], str]
"""(kernel, arch or `port`) → state in words."""


class Matrix(HTMLParser):
    """The cells of the page's table: its first column's text, then the titles."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inside |= tag == "table" and given.get("id") == "matrix"
        if self.inside and tag == "tr":
            self.rows.append([])
        if self.inside and tag == "td":
            self.rows[-1].append(given.get("title") or "")

    def handle_endtag(self, tag: str) -> None:
        self.inside &= tag != "table"

    def handle_data(self, data: str) -> None:
        if self.inside and self.rows and self.rows[-1] and not self.rows[-1][-1]:
            self.rows[-1][-1] = data.strip()


@pytest.fixture
def truth(kerntrack: Kerntrack) -> Cells:
    found = {}
    for kernel in json.loads(kerntrack("status", "--json"))["kernels"]:
        found[kernel["symbol"], "port"] = kernel["port"]["state"] if kernel["baseline"] else "extra"
        for arch, cell in kernel["archs"].items():
            found[kernel["symbol"], arch] = cell["state"] + ("" if cell["fresh"] else " (stale)")
    return found


def test_there_is_something_to_agree_on(truth: Cells) -> None:
    assert len(truth) == 142 * 7
    assert set(truth.values()) >= {"missing", "drifted", "ported", "extra", "none", "emulated", "emulation failed"}


def test_json_holds_the_document_of_status(kerntrack: Kerntrack) -> None:
    text = kerntrack("report", "--format", "json")
    validate("report", text)
    report, status = json.loads(text), json.loads(kerntrack("status", "--json"))
    assert (report["kernels"], report["totals"]) == (status["kernels"], status["totals"])


def test_csv_agrees_cell_by_cell(kerntrack: Kerntrack, truth: Cells) -> None:
    rows = list(csv.DictReader(io.StringIO(kerntrack("report", "--format", "csv"))))
    assert {(row["kernel"], arch): row[arch] for row in rows for arch in ARCHS} == {
        key: state for key, state in truth.items() if key[1] != "port"
    }
    extra = {symbol for (symbol, arch), state in truth.items() if state == "extra"}
    assert {row["kernel"]: row["port"] for row in rows if row["kernel"] not in extra} == {
        symbol: state for (symbol, arch), state in truth.items() if arch == "port" and symbol not in extra
    }


def test_html_agrees_cell_by_cell(kerntrack: Kerntrack, truth: Cells) -> None:
    page = Matrix()
    page.feed(kerntrack("report", "--format", "html"))
    rows = [row for row in page.rows if row]
    columns = ("port", *ARCHS)
    found = {(row[0], column): state for row in rows for column, state in zip(columns, row[3:], strict=True)}
    assert found == truth


def test_markdown_agrees_cell_by_cell(kerntrack: Kerntrack, truth: Cells) -> None:
    section = kerntrack("report").partition("## Kernels")[2].partition("\n- ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("|")]
    found = {
        (row[0], column): cell.split(" ", 1)[1]
        for row in rows[2:]
        for column, cell in zip(("port", *ARCHS), row[1:], strict=True)
    }
    assert found == truth


def test_every_row_of_a_markdown_table_has_the_cells_of_its_header(kerntrack: Kerntrack) -> None:
    lines = kerntrack("report", "--format", "md").splitlines()
    cells = [len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0 for line in lines]
    assert sum(map(bool, cells)) > 20
    assert [
        line for line, (above, here) in zip(lines[1:], pairwise(cells), strict=True) if here != above > 0 < here
    ] == []


def test_junit_agrees_cell_by_cell(kerntrack: Kerntrack, truth: Cells) -> None:
    root = xml.fromstring(kerntrack("report", "--format", "junit"))
    asked = {symbol for (symbol, arch), state in truth.items() if arch == "port" and state != "extra"}
    seen = 0
    for suite in root:
        failures = suite.findall("testcase/failure")
        assert (int(suite.get("tests", "")), int(suite.get("failures", ""))) == (len(asked), len(failures))
        for case in suite.iter("testcase"):
            state = truth[case.get("name", ""), suite.get("name", "")]
            result = next(iter(case))
            passed = state in ("emulated", "verified")
            assert result.tag == ("system-out" if passed else "failure" if state.endswith("failed") else "skipped")
            assert passed or (result.get("message") or "").startswith(state)
            seen += 1
    assert seen == len(asked) * len(ARCHS)


def test_phases_count_the_cells(kerntrack: Kerntrack, truth: Cells) -> None:
    report = json.loads(kerntrack("report", "--format", "json"))
    asked = {symbol for (symbol, arch), state in truth.items() if arch == "port" and state != "extra"}
    phases = {(each["arch"], each["name"]): each["done"] for each in report["phases"]}
    assert phases["", "ported"] == sum(truth[symbol, "port"] == "ported" for symbol in asked)
    checked = sum(truth[symbol, "gfx1100"] in ("emulated", "verified") for symbol in asked)
    assert phases["gfx1100", "emulated or verified"] == checked > 0
    actions = {each["title"]: each for each in report["actions"]}
    left = {symbol for symbol in asked if truth[symbol, "gfx1100"] not in ("emulated", "verified")}
    assert set(actions["Check on the emulator or a device for gfx1100"]["open"]) == left
    assert actions["Verify on gfx1100 hardware"]["state"] == "open"


def test_evidence_is_summed_up(kerntrack: Kerntrack, truth: Cells) -> None:
    report = json.loads(kerntrack("report", "--format", "json"))
    for arch in ARCHS:
        rows = [each for each in report["evidence"] if each["arch"] == arch]
        for outcome, state in (("passed", "emulated"), ("failed", "emulation failed")):
            kernels = sum(each["kernels"] for each in rows if each["outcome"] == outcome)
            assert kernels == sum(truth[key] == state for key in truth if key[1] == arch) > 0
    assert {each["worst"] for each in report["evidence"]} == {"cw 1e-07, bound 1e-06"}
    assert "within 1 ulp" in kerntrack("report")


def test_html_is_one_small_file_and_escapes_what_it_is_given(kerntrack: Kerntrack) -> None:
    page = kerntrack("report", "--format", "html")
    assert len(page.encode()) <= 2**20
    assert "x<y>&" not in page
    assert not any(word in page for word in ("src=", "@import", "url(", 'rel="stylesheet"', "//cdn", "https://"))


def test_out_replaces_nothing_without_force(kerntrack: Kerntrack, large: Path) -> None:
    kerntrack("report", "--format", "html", "--out", "gap.html")
    with pytest.raises(AssertionError, match="--force replaces it"):
        kerntrack("report", "--format", "html", "--out", "gap.html")
    kerntrack("report", "--format", "html", "--out", "gap.html", "--force")
    assert (large / "gap.html").read_text().startswith("<!DOCTYPE html>")
