"""`kerntrack scan`: read the sources, then say in one screen how far the port is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from rich import box
from rich.table import Table
from rich.text import Text

from db.views import KernelStatus, Message
from tracker.actions import events
from tracker.actions import scan as action
from tracker.actions.events import Scanned
from tracker.cli.documents import status_document
from tracker.cli.follow import Reporter, exit_code, follow
from tracker.cli.session import Session
from tracker.cli.status import headline
from tracker.cli.tables import print_json
from tracker.errors import ExitCode, UsageError

SHOWN = 8
"""Parser errors printed; the rest is counted."""


@dataclass(frozen=True)
class Request:
    """The command's options."""

    cuda: Sequence[Path]
    hip: Sequence[Path]
    rust: Sequence[Path]
    record: Path | None
    origin: str
    force: bool
    again: bool
    json: bool
    watch: bool


def run(session: Session, request: Request) -> ExitCode:
    """Scan and print the counts by family; `watch`: again after every change, until Ctrl-C."""
    code = _scan(session, request)
    if request.watch:
        _watch(session, request)
    return code


def _watch(session: Session, request: Request) -> None:
    from tracker.jobs import watching

    def changed(paths: list[str]) -> None:
        _scan(session, request)

    given = _paths(session, (*request.cuda, *request.hip, *request.rust))
    session.stderr().print(Text("waiting for changes; Ctrl-C ends this", "dim"))
    project = session.project()
    watching.watch(given or watching.sources(project), Event(), changed, project.ignore)


def _scan(session: Session, request: Request) -> ExitCode:
    """Bad news only when there is no kernel at all."""
    project = session.project()
    cuda, hip, rust = (_paths(session, paths) for paths in (request.cuda, request.hip, request.rust))
    record = session.directory / request.record if request.record else None
    if record and record.exists() and not request.force:
        raise UsageError(f"{record} exists", "--force replaces it")
    finished = follow(
        session,
        lambda cancel: action.scan(
            project, cancel, cuda=cuda, hip=hip, rust=rust, record=record, origin=request.origin, again=request.again
        ),
        _show,
    )
    kernels, messages = action.outcome(project)
    _print_errors(session, messages)
    if request.json:
        print_json({**status_document(kernels, project.archs), "scan": finished.summary})
    else:
        session.stdout().print(by_family(kernels))
        session.stdout().print(Text(headline(kernels), "bold"))
    if not finished.good:
        session.stderr().print(Text(finished.message, "yellow"))
    return exit_code(finished)


def _paths(session: Session, paths: Sequence[Path]) -> list[Path]:
    return [session.directory / path.expanduser() for path in paths]


def _show(reporter: Reporter, event: events.Event) -> None:
    if isinstance(event, Scanned):
        what = "unchanged" if event.unchanged else "parsed"
        errors = f", {event.errors} error{'s' * (event.errors > 1)}" if event.errors else ""
        asked = " asked for" if event.side == "rust" else ""
        reporter.narrate(
            f"{what} {event.path}: {event.kernels} kernels{asked}{errors}", "yellow" if event.errors else "dim"
        )


def _print_errors(session: Session, messages: Sequence[Message]) -> None:
    errors = [each for each in messages if each.severity in ("error", "fatal")]
    console = session.stderr()
    for each in errors[:SHOWN]:
        console.print(Text(f"{each.path}:{each.line}:{each.column}: {each.severity}: {each.message}"), soft_wrap=True)
    if len(errors) > SHOWN:
        console.print(Text(f"and {len(errors) - SHOWN} more; `kerntrack show KERNEL` lists those of its file", "dim"))


def by_family(kernels: Sequence[KernelStatus]) -> Table:
    """Ports per family of the CUDA side."""
    asked = [kernel for kernel in kernels if kernel.baseline]
    states = ("ported", "drifted", "missing")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("family", "all")
    table.add_column("kernels", str(len(asked)), justify="right")
    for state in states:
        table.add_column(state, str(sum(kernel.port == state for kernel in asked)), justify="right")
    for family in dict.fromkeys(kernel.family for kernel in asked):
        ports: list[str] = [kernel.port for kernel in asked if kernel.family == family]
        table.add_row(family or "other kernels", str(len(ports)), *(str(ports.count(state)) for state in states))
    return table
