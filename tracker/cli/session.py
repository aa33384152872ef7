"""What every command needs: the project, two consoles, and errors turned into messages and exit codes."""

import errno
import functools
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from db.errors import DatabaseError
from tracker.errors import ExitCode, KerntrackError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from tracker.config import Project

LogLevel = Literal["debug", "info", "warning", "error"]
Color = Literal["auto", "always", "never"]
WIDE = 10_000
"""Columns of a console that is not a terminal: nothing in a file or pipe is cut off or wrapped."""


@dataclass(frozen=True)
class Logging:
    """What is to be logged, and where."""

    verbose: int = 0
    level: LogLevel | None = None
    file: Path | None = None

    @property
    def wanted(self) -> LogLevel | None:
        """The least important that is logged; None for no log at all."""
        if self.level or not (self.verbose or self.file):
            return self.level
        return "debug" if self.verbose > 1 else "info"


@dataclass(frozen=True)
class Session:
    """The options before the command's name, and how many of its jobs run at a time."""

    directory: Path
    color: Color
    logging: Logging = Logging()
    stats: bool = False
    counts: dict[str, float] = field(default_factory=dict)
    """What the command has to say in numbers, for `stats`."""
    started: float = field(default_factory=time.monotonic)
    jobs: int | None = None

    @property
    def logs_to_stderr(self) -> bool:
        """Then nothing may be drawn there that is drawn over again."""
        return self.logging.wanted is not None and self.logging.file is None

    def start_log(self, command: str) -> None:
        """Begin the log that the options ask for. Raises UsageError as `project` does, or for a file to log to."""
        if level := self.logging.wanted:
            from tracker import logs
            from tracker.config import STATE_FOLDER

            project = self.project()
            file = self.directory / self.logging.file.expanduser() if self.logging.file else None
            if command == "tui" and file is None:
                file = project.root / STATE_FOLDER / logs.FILE
            logs.start(level, file)
            logs.introduce(sys.argv, project)

    def project(self) -> "Project":
        """The project that the working directory lies in. Raises UsageError as `load_project` does."""
        from tracker.config import load_project

        project = load_project(self.directory)
        return replace(project, jobs=self.jobs) if self.jobs else project

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


ONLY_PRINT = ("status", "gap", "show", "hazards", "history", "report", "badge", "doctor")
"""Commands whose exit code is no verdict; one of the others must not end as if all was good when it was cut off."""
FULL = (errno.ENOSPC, errno.EDQUOT)


def guarded(command: Callable[..., ExitCode]) -> Callable[..., None]:
    """The command for typer: ends with the exit code it returns; errors for the user become one message."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        context: typer.Context = options.get("context") or arguments[0]
        code: ExitCode | None = None
        try:
            context.obj.start_log(command.__name__)
            code = command(*arguments, **options)
            sys.stdout.flush()
        except (KerntrackError, DatabaseError) as error:
            complain(context.obj, error)
            code = getattr(error, "exit_code", ExitCode.USAGE)
        except KeyboardInterrupt:
            code = ExitCode.INTERRUPTED
        except BrokenPipeError:  # the reader of a pipe has seen enough
            _drop_output()
            if code is None:
                code = ExitCode.GOOD if command.__name__ in ONLY_PRINT else ExitCode.INTERRUPTED
        except OSError as error:
            if error.errno not in FULL:
                raise
            _drop_output()
            complain(context.obj, UsageError(f"cannot write: {error.strerror}", "make room on the disk"))
            code = ExitCode.USAGE
        if context.obj.stats:
            _print_stats(context, code)
        raise typer.Exit(code)

    return run


def _drop_output() -> None:
    """Let nothing be written to stdout any more, not even what waits in its buffer."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_stats(context: typer.Context, code: ExitCode) -> None:
    import json

    session: Session = context.obj
    summary = {
        "schema": 1,
        "command": context.command_path.partition(" ")[2],
        "exit": int(code),
        "status": code.name.lower().replace("_", " "),
        "counts": session.counts,
        "ms": round(1000 * (time.monotonic() - session.started)),
    }
    print(json.dumps(summary), file=sys.stderr, flush=True)


def complain(session: Session, error: KerntrackError | DatabaseError) -> None:
    """Say on stderr what is wrong and what to do about it."""
    from rich.text import Text

    console = session.stderr()
    console.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
    if error.remedy:
        console.print(Text.assemble(("  try: ", "bold"), error.remedy), soft_wrap=True)
