"""The HTML report in a real browser: no complaint, and what it offers works."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.reports.conftest import Kerntrack

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs chromium")

CLICKS = """
<script>
const seen = {};
const visible = () => rows.filter(row => !row.hidden);
const type = (id, value) => {
  const input = document.getElementById(id);
  input.value = value;
  input.dispatchEvent(new Event("input"));
};
const heading = number => table.tHead.rows[0].cells[number].querySelector("button");
type("filter", "q5_1 !norm");
seen.filtered = visible().map(row => row.cells[0].textContent);
type("filter", "");
type("state", "drifted");
seen.drifted = visible().map(row => row.cells[0].textContent);
seen.counted = document.getElementById("shown").textContent;
type("state", "");
heading(0).click();
seen.sorted = Array.from(body.rows, row => row.cells[0].textContent);
heading(0).click();
seen.reversed = Array.from(body.rows, row => row.cells[0].textContent);
heading(0).click();
seen.restored = Array.from(body.rows).every((row, number) => row === rows[number]);
location.hash = rows[0].cells[0].textContent;
choose();
seen.detail = detail.textContent;
const light = getComputedStyle(document.body).backgroundColor;
document.getElementById("theme").click();
seen.themed = light !== getComputedStyle(document.body).backgroundColor;
seen.charts = document.querySelectorAll("svg path.line").length;
console.log("SEEN " + JSON.stringify(seen));
</script>
</body>"""


def browse(page: Path, profile: Path) -> list[str]:
    """Load a page and give what came out on its console."""
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom")
    command = [BROWSER or "", *options, f"--user-data-dir={profile}", "--virtual-time-budget=5000", page.as_uri()]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    assert "</html>" in ended.stdout
    return [line for line in ended.stderr.splitlines() if "CONSOLE" in line]


def test_the_page_works_without_complaint(kerntrack: Kerntrack, tmp_path: Path) -> None:
    text = kerntrack("report", "--format", "html")
    page = tmp_path / "report.html"
    page.write_text(text.replace("</body>", CLICKS))

    (said,) = browse(page, tmp_path / "profile")

    seen = json.loads(re.sub(r'^.*?SEEN (.*)", source: .*$', r"\1", said).replace('\\"', '"'))
    symbols = re.findall(r'<tr><td><a href="#[^"]*">([^<]*)</a>', text)
    assert seen["filtered"] == [symbol for symbol in symbols if "q5_1" in symbol and "norm" not in symbol]
    assert (seen["drifted"], seen["counted"]) == (symbols[:1], "1 of 142")
    assert sorted(seen["sorted"]) == sorted(symbols)
    assert seen["sorted"] == seen["reversed"][::-1] != symbols
    assert seen["restored"] and seen["themed"]
    assert "x<y>&" in seen["detail"]
    assert seen["charts"] == 4 * 6


def test_the_page_as_it_is_says_nothing(kerntrack: Kerntrack, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(kerntrack("report", "--format", "html"))
    assert browse(page, tmp_path / "profile") == []


def test_a_fault_in_a_page_would_be_heard(tmp_path: Path) -> None:
    page = tmp_path / "broken.html"
    page.write_text("<html><body><script>nothing.here();</script></body></html>")
    assert "nothing is not defined" in browse(page, tmp_path / "profile")[0]
