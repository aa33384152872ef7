"""`kerntrack report`: the whole state as one document."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.text import Text

from tracker.cli import callers, hazards
from tracker.cli.documents import SCHEMA, kernel_document
from tracker.cli.session import Session
from tracker.errors import ExitCode, UsageError
from tracker.files import replace
from tracker.reports.collect import collect
from tracker.reports.documents import as_html, as_markdown
from tracker.reports.model import NOTES, Report
from tracker.reports.tabular import as_csv, as_junit


def run(session: Session, format: str, out: Path | None, force: bool) -> ExitCode:
    """Write a report. Raises UsageError when the file is there already, unless `force`, or cannot be written."""
    file = session.directory / out if out else None
    if file and file.exists() and not force:
        raise UsageError(f"{file} exists", "--force replaces it")
    text = FORMATS[format](collect(session.project()))
    if file is None:
        sys.stdout.write(text)
        return ExitCode.GOOD
    replace(file, text)
    session.stderr().print(Text(f"wrote {file}: {len(text.encode()) / 1024:.0f} KiB"))
    return ExitCode.GOOD


def as_json(report: Report) -> str:
    """The JSON document (schemas/report.json); `kernels` and `totals` are those of `status --json`."""
    return json.dumps(document(report), indent=1, allow_nan=False, default=list) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The JSON form."""
    return {
        "schema": SCHEMA,
        "created": report.created,
        "version": report.version,
        "project": report.project,
        "archs": report.archs,
        "origins": [origin._asdict() for origin in report.origins],
        "changed": report.changed,
        "notes": NOTES,
        "kernels": [kernel_document(kernel, report.archs) for kernel in report.kernels],
        "totals": report.totals,
        "phases": [asdict(each) for each in report.phases],
        "actions": [{**asdict(each), "state": each.state} for each in report.todo],
        "counts": [asdict(each) for each in report.counts],
        "three_ways": [asdict(each) for each in report.answers],
        "hazards": hazards.document(report.hazards, report.archs),
        "callers": callers.document(report.callers),
        "evidence": [asdict(each) for each in report.evidence],
        "progress": [asdict(each) for each in report.moments],
    }


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "md": as_markdown,
    "html": as_html,
    "json": as_json,
    "junit": as_junit,
    "csv": as_csv,
}
