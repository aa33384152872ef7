"""`kerntrack compile`: build, one line per source and architecture."""

from typing import Any

from rich.text import Text

from tracker.actions.compile import Options, compile_kernels
from tracker.actions.events import Built, Event
from tracker.build.records import BuildRecord
from tracker.cli.documents import SCHEMA
from tracker.cli.follow import Reporter, exit_code, follow
from tracker.cli.session import Session
from tracker.cli.tables import print_json
from tracker.errors import ExitCode


def run(session: Session, options: Options, json: bool) -> ExitCode:
    """Compile; bad news when a selected kernel is not in a code object afterwards."""
    project = session.project()
    records: list[BuildRecord] = []

    def show(reporter: Reporter, event: Event) -> None:
        if isinstance(event, Built):
            records.append(event.record)
            show_build(reporter, event.record, quiet=json)

    finished = follow(session, lambda cancel: compile_kernels(project, cancel, options), show)
    if json:
        builds = [document(record) for record in records]
        print_json({"schema": SCHEMA, "good": finished.good, "builds": builds, "summary": finished.summary})
    session.stderr().print(Text(finished.message, "" if finished.good else "bold red"))
    return exit_code(finished)


def show_build(reporter: Reporter, record: BuildRecord, quiet: bool = False) -> None:
    """One line on stdout unless `quiet`; what the compiler said of a failure on stderr."""
    outcome = "cached" if record.cached and record.ok else record.outcome
    line = f"{record.unit.source.name:<32} {record.arch:<10} {outcome:<9} {record.seconds:6.1f} s"
    if not quiet:
        reporter.data(Text(("✓ " if record.ok else "✗ ") + line, "" if record.ok else "bold red"))
    if not record.ok:
        reporter.narrate(record.output.rstrip())
        reporter.narrate("\n".join(["the commands, to the one that failed or beyond:", *record.commands]), "dim")


def document(record: BuildRecord) -> dict[str, Any]:
    """The JSON form of one build."""
    same = ("arch", "toolchain", "outcome", "cached", "returncode", "seconds", "output")
    return {
        "source": str(record.unit.source),
        **{name: getattr(record, name) for name in same},
        "commands": list(record.commands),
        "code_object": str(record.code_object) if record.code_object else None,
        "assembly": str(record.assembly) if record.assembly else None,
    }
