"""The signature of `kerntrack bench`."""

from typing import Annotated

import typer

from tracker.cli.options import ClusterAddress, Json, Selector, Side
from tracker.cli.session import guarded
from tracker.errors import ExitCode


@guarded
def bench(
    context: typer.Context,
    selector: Selector = None,
    device: Annotated[
        str, typer.Option(metavar="DEVICE", help="auto (an AMD GPU), N (AMD GPU number N), cuda or cuda:N.")
    ] = "auto",
    cluster: ClusterAddress = None,
    side: Annotated[Side, typer.Option(help="The port (hip) or the CUDA original.")] = "hip",
    repeats: Annotated[int, typer.Option(metavar="N", min=1, help="Timed launches, after a warm-up.")] = 50,
    json: Json = False,
) -> ExitCode:
    """Time the selected kernels (default: all) on a GPU, on shapes of a 7-8B model.

    The median of many launches after a warm-up, each timed by two events, in turn on copies of the buffers that
    together exceed the caches; with the bytes that must move at least. Earlier figures of other devices stand beside.

    \b
    Examples:
      kerntrack bench q5_1
      kerntrack bench 'mul_mat_q*' --device cuda --side cuda
      kerntrack bench q5_1 --cluster tls://scheduler:8786
    """
    from tracker.actions.bench import Bench
    from tracker.cli import bench

    return bench.run(context.obj, Bench(tuple(selector or ()), device, side, repeats, cluster), json)
