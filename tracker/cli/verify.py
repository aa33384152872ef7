"""`kerntrack verify`: check, one line per kernel and architecture, and what exactly is wrong."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from rich.text import Text

from tracker.actions.events import Built, Checked, Event, Finished
from tracker.actions.requests import Options
from tracker.actions.verify import verify
from tracker.check.results import CaseResult, CheckResult
from tracker.cli.compile import show_build
from tracker.cli.documents import SCHEMA
from tracker.cli.follow import Reporter, exit_code, follow
from tracker.cli.session import Session
from tracker.cli.tables import print_json
from tracker.errors import ExitCode
from tracker.signs import STATES

SIGNS: Mapping[tuple[str, str], str] = {
    ("passed", "emulator"): STATES["emulated"].mark,
    ("passed", "hip"): STATES["verified"].mark,
    ("passed", "cuda"): STATES["verified"].mark,
    ("failed", "emulator"): STATES["emulation failed"].mark,
    ("failed", "hip"): STATES["verify failed"].mark,
    ("failed", "cuda"): STATES["verify failed"].mark,
}
STYLES = {"passed": "", "failed": "bold red", "error": "bold magenta"}
NO_VERDICT = ("error", "timed out")


def run(session: Session, options: Options, json: bool) -> ExitCode:
    """Verify; bad news when a kernel failed, could not be built, or the check itself broke."""
    project = session.project()
    placed = replace(options, gguf=session.directory / options.gguf.expanduser()) if options.gguf else options
    checked: list[Checked] = []

    def show(reporter: Reporter, event: Event) -> None:
        if isinstance(event, Built) and not event.record.ok:
            show_build(reporter, event.record, quiet=True)
        elif isinstance(event, Checked):
            checked.append(event)
            if not json:
                reporter.data(line(event))
                for detail in details(event.result, options.gguf):
                    reporter.data(Text(f"    {detail}"))

    finished = follow(session, lambda cancel: verify(project, cancel, placed), show)
    if json:
        results = [{**asdict(event.result), "held": event.held} for event in checked]
        print_json({"schema": SCHEMA, "good": finished.good, "results": results, "summary": finished.summary})
    session.stderr().print(Text(finished.message, "" if finished.good else "bold red"))
    return exit_code_of(finished)


def exit_code_of(finished: Finished) -> ExitCode:
    """As always; but where the device took none of the kernels, the device or its runtime is what is lacking."""
    refused = finished.summary.get("refused", 0)
    absent = not finished.good and refused and refused == finished.summary["run"]
    return ExitCode.ABSENT if absent else exit_code(finished)


def line(event: Checked) -> Text:
    """`◐ symbol arch outcome cases, worst error against its bound, time`."""
    result = event.result
    sign = SIGNS.get((result.outcome, result.device_kind), "!" if result.outcome in NO_VERDICT else "⊘")
    took = "evidence holds" if event.held else f"{result.seconds:.2f} s"
    cases = f"{result.cases_run} case{'' if result.cases_run == 1 else 's'}"
    fixed = f"{sign} {result.symbol:<32} {result.arch:<8}{result.outcome:<9}{cases:>8}"
    text = f"{fixed}  {worst(result.worst):<23} {took:>7}"
    return Text(text, STYLES.get(result.outcome, "yellow"))


def worst(figures: Mapping[str, float]) -> str:
    """The worst error beside what it may be; for kernels that must be exact, how many elements are not."""
    if "bound" in figures:
        relation = "≤" if figures.get("cw", 0.0) <= figures["bound"] else ">"
        return f"error {figures.get('cw', 0.0):.1e} {relation} {figures['bound']:.1e}"
    if "bad" in figures:
        return "exact" if figures["bad"] == 0 else f"{figures['bad']:.0f} elements not exact"
    return ""


def details(result: CheckResult, gguf: Path | None = None) -> Iterator[str]:
    """What to know about anything but a pass: the first wrong element, and how to see it again. `gguf`: whose weights.

    Of a pass on real weights: which.
    """
    if result.outcome == "passed":
        if gguf is not None:
            yield str(result.cost.get("case", result.message))
        return
    if result.outcome != "failed" or result.failing is None:
        yield result.message
        return
    yield f"case {result.failing.name}"
    yield from _wrong(result.failing)
    command = ["kerntrack", "verify", result.symbol, f"arch:{result.arch}", *_again(result.failing, gguf)]
    if result.device_kind != "emulator":
        command += ["--device", result.device_kind]
    if result.side == "cuda":
        command += ["--side", result.side]
    yield f"reproduce: {shlex.join(command)}"


def _again(case: CaseResult, gguf: Path | None) -> tuple[str, ...]:
    if gguf is None:
        return "--case", case.name
    tensor = next(word for word in case.name.split() if word.startswith("tensor="))
    return "--gguf", str(gguf), "--tensor", tensor.removeprefix("tensor=")


def _wrong(case: CaseResult) -> Iterator[str]:
    if case.fault:
        yield case.fault
    if case.mismatch:
        bad = case.mismatch
        count = f"{bad.bad} of {bad.total} elements bad"
        yield f"{bad.buffer}[{bad.index}] expected {bad.expected}, got {bad.got} ({count})"
