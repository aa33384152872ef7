"""The signatures of `kerntrack db`'s commands."""

from typing import Annotated

import typer

from tracker.cli.session import guarded
from tracker.errors import ExitCode

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Work on databases as a whole.")
Place = "A SQLite file, or an address: postgresql+psycopg://USER@HOST/DATABASE (password: PGPASSWORD or ~/.pgpass)."


@app.callback()
def options() -> None:
    """Work on databases as a whole."""


@app.command()
@guarded
def copy(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help=Place, show_default=False)],
    target: Annotated[str, typer.Argument(metavar="TO", help="The same; it must be empty.", show_default=False)],
) -> ExitCode:
    """Copy a project with its whole history into an empty database, of either kind, without loss.

    \b
    Examples:
      kerntrack db copy .kerntrack/kerntrack.db postgresql+psycopg://team@server/kerntrack
      kerntrack db copy postgresql+psycopg://team@server/kerntrack backup.db
    """
    from tracker.cli import database

    return database.copy_project(context.obj, source, target)
