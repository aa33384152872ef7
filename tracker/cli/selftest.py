"""`kerntrack selftest`: how much of what can go wrong in a kernel the check notices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tracker.actions import selftest as action
from tracker.actions.events import Event
from tracker.cli.documents import SCHEMA
from tracker.cli.follow import Reporter, exit_code, follow
from tracker.cli.session import Session
from tracker.cli.tables import Listing, print_json, print_listing
from tracker.errors import ExitCode

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Request:
    """The command's options."""

    files: str
    sample: int | None
    seed: int
    json: bool


def run(session: Session, request: Request) -> ExitCode:
    """Try mutants; bad news when fewer than the aim were noticed."""
    project = session.project()

    def show(reporter: Reporter, event: Event) -> None:
        """Survivors come as notes, everything else at the end."""

    finished = follow(
        session,
        lambda cancel: action.run(project, cancel, files=request.files, sample=request.sample, seed=request.seed),
        show,
    )
    if request.json:
        print_json({"schema": SCHEMA, "good": finished.good, **finished.summary})
    else:
        rows = (*_rows("fault", finished.summary["faults"]), *_rows("family", finished.summary["families"]))
        print_listing(
            session.stdout(), Listing(("by", "what", "noticed", "of", "equivalent", "rejected"), rows), "table"
        )
    session.stderr().print(finished.message)
    return exit_code(finished)


def _rows(kind: str, scores: Mapping[str, Counts]) -> Iterator[tuple[str, ...]]:
    for name, score in scores.items():
        judged = score["killed"] + score["survived"]
        yield kind, name, str(score["killed"]), str(judged), str(score["equivalent"]), str(score["rejected"])
