"""The signatures of `kerntrack golden`'s commands."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.options import Archs, Device, Effort, Json, Seed, Selector
from tracker.cli.session import guarded
from tracker.errors import ExitCode

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Parity with the CUDA originals, where the NVIDIA GPU and the AMD GPU are in different places.",
)
File = Annotated[Path, typer.Argument(metavar="FILE", help="The golden file.", show_default=False)]


@app.command()
@guarded
def record(
    context: typer.Context,
    file: File,
    selector: Selector = None,
    originals: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="CUDA source, .ptx or .cubin in place of the scanned sources; repeatable."),
    ] = None,
    device: Device = "cuda",
    effort: Annotated[Effort, typer.Option(help="How many cases.")] = "quick",
    seed: Seed = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> ExitCode:
    """Run the CUDA originals on the contracts' cases on an NVIDIA GPU and keep what they computed.

    Quick cases of candle's 142 kernels take about 1 MiB; full ones many times that.

    \b
    Examples:
      kerntrack golden record candle.golden
      kerntrack golden record q5.golden q5_1 --originals quantized.cubin
    """
    from tracker.actions.golden import Recording
    from tracker.cli import golden

    wanted = Recording(file, tuple(selector or ()), tuple(originals or ()), device, effort, seed, force)
    return golden.record(context.obj, wanted)


@app.command()
@guarded
def compare(
    context: typer.Context,
    file: File,
    selector: Selector = None,
    arch: Archs = None,
    device: Device = "auto",
    build: Annotated[bool, typer.Option(help="Without: compare only what is built already.")] = True,
    json: Json = False,
) -> ExitCode:
    """Compare the port with a golden file: bit for bit where the contract says so, else within its bound.

    \b
    Examples:
      kerntrack golden compare candle.golden --arch gfx1100
      kerntrack golden compare candle.golden q5_1 --device 0
    """
    from tracker.actions.golden import Comparison
    from tracker.cli import golden

    wanted = Comparison(file, tuple(selector or ()), tuple(arch) if arch else None, device, build)
    return golden.compare(context.obj, wanted, json)
