"""What every command needs: the project, two consoles, and errors turned into messages and exit codes."""

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from db.errors import DatabaseError
from tracker.errors import ExitCode, KerntrackError

if TYPE_CHECKING:
    from rich.console import Console

    from tracker.config import Project

Color = Literal["auto", "always", "never"]
WIDE = 10_000
"""Columns of a console that is not a terminal: nothing in a file or pipe is cut off or wrapped."""


@dataclass(frozen=True)
class Session:
    """The options before the command's name."""

    directory: Path
    color: Color

    def project(self) -> "Project":
        """The project that the working directory lies in. Raises UsageError as `load_project` does."""
        from tracker.config import load_project

        return load_project(self.directory)

    def stdout(self) -> "Console":
        """For data."""
        return self._console(stderr=False)

    def stderr(self) -> "Console":
        """For narration, progress and errors."""
        return self._console(stderr=True)

    def _console(self, stderr: bool) -> "Console":
        from rich.console import Console

        terminal = (sys.stderr if stderr else sys.stdout).isatty()
        return Console(
            stderr=stderr,
            width=None if terminal else WIDE,
            force_terminal=True if self.color == "always" else None,
            no_color=True if self.color == "never" else None,
            highlight=False,
            emoji=False,
        )


def guarded(command: Callable[..., ExitCode]) -> Callable[..., None]:
    """The command for typer: ends with the exit code it returns; errors for the user become one message."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        context: typer.Context = options.get("context") or arguments[0]
        try:
            code = command(*arguments, **options)
            sys.stdout.flush()
        except (KerntrackError, DatabaseError) as error:
            complain(context.obj, error)
            code = getattr(error, "exit_code", ExitCode.USAGE)
        except KeyboardInterrupt:
            code = ExitCode.INTERRUPTED
        except BrokenPipeError:  # the reader of a pipe has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = ExitCode.GOOD
        raise typer.Exit(code)

    return run


def complain(session: Session, error: KerntrackError | DatabaseError) -> None:
    """Say on stderr what is wrong and what to do about it."""
    from rich.text import Text

    console = session.stderr()
    console.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
    if error.remedy:
        console.print(Text.assemble(("  try: ", "bold"), error.remedy), soft_wrap=True)
