"""The signatures of the commands that only read: status, gap, hazards, show, history, diff."""

from typing import Annotated, Literal

import typer

from tracker.cli.options import Archs, Json, Selector
from tracker.cli.session import guarded
from tracker.errors import ExitCode

Format = Literal["table", "md", "csv", "json", "jsonl"]
FormatOption = Annotated[
    Format | None,
    typer.Option("--format", help="How to print; each lists row by row. jsonl: the objects of json, a line each."),
]


@guarded
def status(
    context: typer.Context,
    selector: Selector = None,
    arch: Archs = None,
    format: FormatOption = None,
    json: Json = False,
    everything: Annotated[bool, typer.Option("--all", "-a", help="List all kernels.")] = False,
) -> ExitCode:
    """Show how far the port is: by family, or kernel by kernel for a selector, `--all` or a `--format`.

    \b
    Examples:
      kerntrack status
      kerntrack status q5_1 arch:gfx1100
      kerntrack status --json state:failed
      kerntrack status --arch sm_90
    """
    from tracker.cli import status

    return status.run(context.obj, selector or [], arch, "json" if json else format, everything)


@guarded
def gap(context: typer.Context, format: FormatOption = None, json: Json = False) -> ExitCode:
    """Show what the CUDA side has and the port lacks: kernels, block structures, helper functions.

    Also what Rust callers ask for and do not get, and the hazards in CUDA code that is not ported yet.

    \b
    Examples:
      kerntrack gap
      kerntrack gap --format csv > gap.csv
    """
    from tracker.cli import gap

    return gap.run(context.obj, "json" if json else format)


@guarded
def hazards(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SELECTOR | ack RULE SELECTOR]",
            help="Which kernels (as in `status`), or `ack`, a rule, and kernels or a file.",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="With ack: why it may stay.")] = None,
    format: FormatOption = None,
    json: Json = False,
) -> ExitCode:
    """List what will go wrong on AMD GPUs: does not compile, fails at launch, silently wrong, slow.

    Found by rules in the syntax tree, as parsed for sm_90 and gfx90a: branches of the preprocessor for other targets
    are not looked into, and what no rule finds may still be there. `ack` writes a reason into kerntrack.toml that ends
    when the code it is about changes.

    \b
    Examples:
      kerntrack hazards
      kerntrack hazards q5_1 arch:gfx90a --format csv
      kerntrack hazards ack sync-shuffle 'mul_mat_*' --reason 'a header maps the names'
    """
    from tracker.cli import hazards

    return hazards.run(context.obj, words or [], reason, "json" if json else format)


@guarded
def show(
    context: typer.Context,
    kernel: Annotated[str, typer.Argument(metavar="KERNEL", help="A symbol, or a selector that chooses one kernel.")],
    arch: Archs = None,
    json: Json = False,
) -> ExitCode:
    """Show everything known about one kernel: both sides, resources, builds, every check.

    Example: kerntrack show mul_mat_vec_q5_1_q8_1_cuda1
    """
    from tracker.cli import show

    return show.run(context.obj, kernel, arch, json)


@guarded
def history(
    context: typer.Context,
    limit: Annotated[int, typer.Option(metavar="N", help="How many runs, the newest first.")] = 20,
    format: FormatOption = None,
    json: Json = False,
) -> ExitCode:
    """Show what ran here: scans, builds and checks, with their results.

    Example: kerntrack history --limit 5
    """
    from tracker.cli import history

    return history.run(context.obj, limit, "json" if json else format)


@guarded
def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help="A run's number, or a file from `status --json`.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The same, or `now`.")] = "now",
    format: FormatOption = None,
    json: Json = False,
) -> ExitCode:
    """Compare two states: what is new, fixed, broken, stale. Ends with 1 when something broke.

    \b
    Examples:
      kerntrack diff 12
      kerntrack status --json > base.json; kerntrack diff base.json now
    """
    from tracker.cli import diff

    return diff.run(context.obj, before, after, "json" if json else format)
