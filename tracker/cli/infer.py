"""`kerntrack infer`: the text a model makes on the project's kernels, and how far its logits are from references."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rich.text import Text

from tracker.actions.events import Built, Event
from tracker.actions.infer import Request, infer
from tracker.cli.compile import show_build
from tracker.cli.documents import SCHEMA
from tracker.cli.follow import Reporter, exit_code, follow
from tracker.cli.session import Session
from tracker.cli.tables import Listing, print_json, print_listing
from tracker.errors import ExitCode

COLUMNS = ("reference", "same token", "largest difference", "rms difference", "spread of logits", "smallest lead")


def run(session: Session, request: Request, json: bool) -> ExitCode:
    """Run the model; bad news when a kernel was wrong or a most likely token is not the reference's."""
    project = session.project()
    placed = replace(request, path=session.directory / request.path.expanduser())

    def show(reporter: Reporter, event: Event) -> None:
        if isinstance(event, Built) and not event.record.ok:
            show_build(reporter, event.record, quiet=True)

    finished = follow(session, lambda cancel: infer(project, cancel, placed), show)
    if json:
        print_json({"schema": SCHEMA, "good": finished.good, **finished.summary})
    else:
        session.stdout().print(Text(finished.summary["text"]))
        rows = tuple(_row(result) for result in finished.summary["agreement"])
        print_listing(session.stdout(), Listing(COLUMNS, rows), "table")
    session.stderr().print(Text(finished.message, "" if finished.good else "bold red"))
    return exit_code(finished)


def _row(result: Mapping[str, Any]) -> tuple[str, ...]:
    figures = (f"{result[name]:.2g}" for name in ("largest", "typical", "spread", "lead"))
    return (result["reference"], f"{result['agreeing']} of {result['positions']}", *figures)
