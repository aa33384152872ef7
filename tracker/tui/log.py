"""A job's events as lines of its log."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from tracker.actions.events import Built, Checked, Event, Finished, Note, Plan, Scanned, Step
from tracker.tui.describe import compiler_style, failing_lines
from tracker.tui.widgets.columns import Piece

LogLine = list[Piece]
LEVELS = {"warning": "$text-warning", "error": "bold $text-error"}
GOOD, BAD = "$text-success", "bold $text-error"


def lines(events: Iterable[Event]) -> Iterator[LogLine]:
    """Every line that these events are worth."""
    for event in events:
        yield from event_lines(event)


def event_lines(event: Event) -> Iterator[LogLine]:
    """The lines of one event."""
    match event:
        case Plan():
            yield [(f"{event.title}: {event.total} steps", "bold $foreground")]
        case Step():
            yield [(f"{event.done:>5}  ", "$foreground-disabled"), (event.message, "$foreground-muted")]
        case Note():
            yield from _text(event.message, LEVELS.get(event.level, "$foreground"))
        case Scanned():
            yield from _scanned(event)
        case Built():
            yield from _built(event)
        case Checked():
            yield from _checked(event)
        case Finished():
            yield from _text(event.message, f"bold {GOOD}" if event.good else BAD)


def error_lines(error: str) -> Iterator[LogLine]:
    """Why a job failed."""
    yield from _text(error, BAD)


def _text(text: str, style: str) -> Iterator[LogLine]:
    for line in text.splitlines():
        yield [(line, style)]


def _scanned(event: Scanned) -> Iterator[LogLine]:
    what = "unchanged" if event.unchanged else f"{event.kernels} kernels"
    errors: LogLine = [(f"  {event.errors} errors", BAD)] if event.errors else []
    yield [(f"{event.side:<5}", "$foreground-muted"), (f"{event.path}  {what}", "$foreground"), *errors]


def _built(event: Built) -> Iterator[LogLine]:
    record = event.record
    style = GOOD if record.ok else BAD
    how = "from the cache" if record.cached else f"{record.seconds:.1f} s"
    yield [(f"{record.outcome}  ", style), (f"{record.unit.source.name} for {record.arch}, {how}", "$foreground")]
    if not record.cached:
        for command in record.commands:
            yield [("$ " + command, "$foreground-disabled")]
    for line in record.output.splitlines():
        yield [(line, compiler_style(line))]


def _checked(event: Checked) -> Iterator[LogLine]:
    result = event.result
    style = GOOD if result.outcome == "passed" else BAD if result.outcome in ("failed", "error") else LEVELS["warning"]
    how = "evidence holds" if event.held else f"{result.cases_run} cases, {result.seconds:.1f} s"
    where = "emulated" if result.device_kind == "emulator" else f"on {result.device_name}"
    yield [(f"{result.outcome}  ", style), (f"{result.symbol} for {result.arch} ({where}): {how}", "$foreground")]
    yield from _text(result.message, style) if result.message else ()
    if result.failing:
        for content in failing_lines(asdict(result.failing)):
            yield [(content.plain, "$foreground")]
