"""Markdown and HTML through jinja2 templates; whatever names and messages hold is escaped."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tracker.actions.compare import STALE, words
from tracker.reports.charts import chart
from tracker.reports.model import NOTES, Report
from tracker.reports.tabular import evidence_line, yes
from tracker.signs import STATES, mark_of

MEANINGS = {state: sign.meaning for state, sign in STATES.items()}
_MARKDOWN = re.compile(r"[\\|*`\[\]]|(?<!\w)_|_(?!\w)")
"""What Markdown would take for its own; an underscore inside a word it does not."""


def as_markdown(report: Report) -> str:
    """For a repository or an issue: GitHub's Markdown."""
    environment = _environment(autoescape=False)
    environment.filters["cell"] = _cell
    return environment.get_template("report.md").render(**_context(report))


def as_html(report: Report) -> str:
    """One file that needs no other: styles, script and data are in it."""
    environment = _environment(autoescape=True)
    charts = [(arch, Markup(chart(report.moments, arch))) for arch in report.archs]
    return environment.get_template("report.html").render(**_context(report), charts=charts, details=details(report))


def _environment(autoescape: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("tracker.reports"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"words": words, "yes": yes, "mark": mark_of, "css": _class, "percent": percent}
    return environment


def _context(report: Report) -> dict[str, Any]:
    states = {words(cell) for kernel in report.kernels for cell in kernel.archs.values()}
    ports = {kernel.port for kernel in report.kernels}
    findings = sorted(report.hazards.findings, key=attrgetter("rule"))
    return {
        "report": report,
        "notes": NOTES,
        "legend": {state: MEANINGS[state] for state in STATES if state in states | ports},
        "has_stale": any(state.endswith(STALE) for state in states),
        "by_rule": [(rule, list(places)) for rule, places in groupby(findings, key=attrgetter("rule"))],
        "phases": _by_arch(report),
        "shortened": shortened,
    }


def _by_arch(report: Report) -> dict[str, list[Any]]:
    """Phases of each arch, "" first."""
    return {arch: [each for each in report.phases if each.arch == arch] for arch in ("", *report.archs)}


def details(report: Report) -> Mapping[str, Any]:
    """What the HTML page shows of a kernel when it is chosen."""
    places = [f"{each.severity}: {each.title} ({each.file}:{each.line})" for each in report.hazards.findings]
    answers = {each.symbol: each for each in report.answers}
    found: dict[str, Any] = {}
    for kernel in report.kernels:
        mine = {kernel.symbol, kernel.port_symbol}
        numbers = [n for n, each in enumerate(report.hazards.findings) if mine.intersection(each.kernels)]
        location = kernel.port_location
        found[kernel.symbol] = {
            "cuda": f"{kernel.baseline.path}:{kernel.baseline.line}" if kernel.baseline else "none",
            "hip": f"{kernel.port_symbol}, {location.path}:{location.line}" if location else "none",
            "differences": kernel.differences,
            "cells": {arch: evidence_line(kernel.archs[arch]) for arch in report.archs},
            "hazards": numbers,
            "reason": answers[kernel.symbol].reason if kernel.symbol in answers else "",
        }
    return {"hazards": places, "kernels": found}


def _class(state: str) -> str:
    """A state as the name of a style."""
    return "stale" if state.endswith(STALE) else state.replace(" ", "-")


def percent(done: int, total: int) -> str:
    """Rounded down: 100 % is said of all alone."""
    return f"{100 * done // total} %" if total else "–"


def _cell(text: object) -> str:
    """Text inside a Markdown table, taken literally."""
    plain = str(text).replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
    return _MARKDOWN.sub(r"\\\g<0>", plain)


def shortened(names: Sequence[str], most: int = 6) -> str:
    """The first names and how many more there are."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
