"""`kerntrack export`: a Rust crate, plain files, a C header or a bundle."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from tracker.actions.export import Form, export
from tracker.cli.follow import exit_code, follow
from tracker.cli.session import Session
from tracker.errors import ExitCode
from tracker.export import bundle, crate, header, plain

HEADER = "kernels.h"
"""Name of the header where only a folder is given."""


@dataclass(frozen=True)
class Request:
    """Options that every form has."""

    selector: Sequence[str]
    archs: Sequence[str] | None
    allow_unverified: bool
    force: bool


def rust(session: Session, folder: Path, name: str, request: Request) -> ExitCode:
    """Write a crate into a folder."""
    crate.check_name(name)
    folder = _placed(session, folder)
    return _run(session, folder, request, lambda shipment: _under(folder, crate.files(shipment, name)))


def hsaco(session: Session, folder: Path, request: Request) -> ExitCode:
    """Write code objects and a manifest into a folder."""
    folder = _placed(session, folder)
    return _run(session, folder, request, lambda shipment: _under(folder, plain.files(shipment)))


def c_header(session: Session, place: Path, request: Request) -> ExitCode:
    """Write a C header to a file, or into a folder."""
    place = _placed(session, place)
    file = place / HEADER if place.is_dir() else place
    return _run(session, file, request, lambda shipment: {file: header.header(shipment).encode()})


def fat_binary(session: Session, file: Path, request: Request) -> ExitCode:
    """Write a bundle to a file."""
    file = _placed(session, file)
    return _run(session, file, request, lambda shipment: {file: bundle.bundle(shipment.objects)})


def _placed(session: Session, path: Path) -> Path:
    return (session.directory / path).absolute()


def _under(folder: Path, files: dict[str, bytes]) -> dict[Path, bytes]:
    return {folder / name: content for name, content in files.items()}


def _run(session: Session, target: Path, request: Request, form: Form) -> ExitCode:
    project = session.project()
    finished = follow(
        session,
        lambda cancel: export(
            project,
            cancel,
            form=form,
            target=target,
            selector=request.selector,
            archs=request.archs,
            allow_unverified=request.allow_unverified,
            force=request.force,
        ),
        lambda reporter, event: None,
    )
    session.stderr().print(Text(finished.message, "" if finished.good else "bold red"), soft_wrap=True)
    if finished.good:
        session.stdout().print(Text(str(target)), soft_wrap=True)
    return exit_code(finished)
