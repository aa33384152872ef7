"""The signatures of `kerntrack report`, `check` and `badge`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tracker.cli.options import Json
from tracker.cli.session import guarded
from tracker.errors import ExitCode

Format = Literal["md", "html", "json", "junit", "csv"]
Phase = Literal["ported", "compiled", "emulated", "verified"]


@guarded
def report(
    context: typer.Context,
    format: Annotated[Format, typer.Option("--format", help="What to write.")] = "md",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write there in place of stdout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --out replace a file.")] = False,
) -> ExitCode:
    """Write the whole state as one document: phases, required actions, every cell, hazards, callers, progress.

    Asks in three independent ways which kernels the port has (text search, syntax tree, symbols of the code objects)
    and says where they disagree. html is one self-contained file; junit is for CI systems; csv has a row per kernel.

    \b
    Examples:
      kerntrack report > GAP.md
      kerntrack report --format html --out gap.html
    """
    from tracker.cli import report

    return report.run(context.obj, format, out, force)


@guarded
def check(
    context: typer.Context,
    minimum: Annotated[
        list[str] | None,
        typer.Option("--min", metavar="WHAT=[ARCH:]N%", help="ported, compiled, emulated or verified; repeatable."),
    ] = None,
    no_regressions: Annotated[
        Path | None, typer.Option("--no-regressions", metavar="BASE", help="A file from `status --json`.")
    ] = None,
    json: Json = False,
) -> ExitCode:
    """Fail (exit code 1) when less than a share of the kernels has come so far, or when something fell behind.

    Without ARCH every architecture must have it; N without % counts kernels. A cell verified on a device counts as
    emulated too; a stale cell counts as neither. Changed sources fail as well: scan first.

    \b
    Examples:
      kerntrack check --min ported=95% --min verified=gfx1100:95%
      kerntrack check --min emulated=100% --no-regressions base.json
    """
    from tracker.cli import check

    return check.run(context.obj, minimum or [], no_regressions, json)


@guarded
def badge(
    context: typer.Context,
    what: Annotated[Phase, typer.Argument(metavar="WHAT", help="Which figure.")] = "ported",
    arch: Annotated[str | None, typer.Option(metavar="ARCH", help="On this architecture alone.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write there in place of stdout.")] = None,
) -> ExitCode:
    """Write a badge (SVG): ported, compiled, emulated or verified, in per cent, rounded down.

    Example: kerntrack badge verified --arch gfx1100 --out verified.svg
    """
    from tracker.cli import badge

    return badge.run(context.obj, what, arch, out)
