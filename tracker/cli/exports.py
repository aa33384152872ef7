"""The signatures of `kerntrack export`'s commands."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.options import Archs, Selector
from tracker.cli.session import guarded
from tracker.errors import ExitCode

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Ship what was built and checked.")
Unverified = Annotated[
    bool, typer.Option("--allow-unverified", help="Ship kernels that are not even emulated; what is written says so.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]


@app.command()
@guarded
def rust(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write the crate.", show_default=False)],
    selector: Selector = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="The crate's name.")] = "quantized-kernels",
    arch: Archs = None,
    allow_unverified: Unverified = False,
    force: Force = False,
) -> ExitCode:
    """Write a Rust crate without dependencies that embeds one code object per architecture, with the kernels'
    parameters, launch bounds and evidence as constants. `cargo test` in it needs no GPU and no network.

    \b
    Examples:
      kerntrack export rust ../quantized-kernels
      kerntrack export rust crate q5_1 --arch gfx90a --name q5-kernels
    """
    from tracker.cli import export

    return export.rust(context.obj, folder, name, export.Request(selector or [], arch, allow_unverified, force))


@app.command()
@guarded
def hsaco(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write the files.", show_default=False)],
    selector: Selector = None,
    arch: Archs = None,
    allow_unverified: Unverified = False,
    force: Force = False,
) -> ExitCode:
    """Write ARCH.hsaco for each architecture, SHA256SUMS, and manifest.json, which says what is in them.

    Example: kerntrack export hsaco build/hsaco
    """
    from tracker.cli import export

    return export.hsaco(context.obj, folder, export.Request(selector or [], arch, allow_unverified, force))


@app.command()
@guarded
def header(
    context: typer.Context,
    place: Annotated[Path, typer.Argument(metavar="FILE", help="The header, or its folder.", show_default=False)],
    selector: Selector = None,
    arch: Archs = None,
    allow_unverified: Unverified = False,
    force: Force = False,
) -> ExitCode:
    """Write one C and C++ header with the code objects as arrays and the kernels as a table.

    Example: kerntrack export header include/kernels.h
    """
    from tracker.cli import export

    return export.c_header(context.obj, place, export.Request(selector or [], arch, allow_unverified, force))


@app.command()
@guarded
def bundle(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The bundle to write.", show_default=False)],
    selector: Selector = None,
    arch: Archs = None,
    allow_unverified: Unverified = False,
    force: Force = False,
) -> ExitCode:
    """Write one fat binary as clang-offload-bundler makes it, which hipModuleLoad takes for every architecture in it.

    Example: kerntrack export bundle kernels.hipfb
    """
    from tracker.cli import export

    return export.fat_binary(context.obj, file, export.Request(selector or [], arch, allow_unverified, force))
