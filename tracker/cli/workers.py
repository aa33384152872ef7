"""The signature of `kerntrack worker`."""

from typing import Annotated

import typer

from tracker.cli.session import guarded
from tracker.errors import ExitCode

app = typer.Typer()


@app.command()
@guarded
def worker(
    context: typer.Context,
    scheduler: Annotated[
        str | None,
        typer.Argument(
            metavar="[SCHEDULER]",
            help="tls://HOST:8786. Default: what kerntrack.toml or KERNTRACK_CLUSTER says.",
            show_default=False,
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Kernels emulated or compiled at a time. Default: one a core."),
    ] = None,
) -> ExitCode:
    """Offer this machine's GPUs, compilers and emulator to a Dask scheduler (`dask scheduler`), until Ctrl-C.

    Certificates are those of Dask's own settings, distributed.comm.tls. Plain tcp:// is only for 127.0.0.1.

    \b
    Examples:
      kerntrack worker tls://scheduler:8786
      kerntrack worker tcp://127.0.0.1:8786 --threads 2
    """
    from tracker.cli import worker

    return worker.run(context.obj, scheduler, threads)
