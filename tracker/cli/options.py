"""Options and arguments that several commands share."""

from typing import Annotated, Literal

import typer

Selector = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SELECTOR",
        help="Which kernels: a quant type (q5_1), a symbol or glob ('mul_mat_vec_*_cuda3'), family:dequantize, "
        "arch:gfx1100, state:failed. Several words must all hold; a,b means any.",
        show_default=False,
    ),
]
Archs = Annotated[
    list[str] | None,
    typer.Option("--arch", metavar="ARCH", help="Architecture in place of the project's; repeat for more."),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="DEVICE", help="auto (an AMD GPU if there is one), emulator, N (AMD GPU number N), cuda or cuda:N."
    ),
]
ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Let the workers of this scheduler do it, tls://HOST:8786; or local. Default: what kerntrack.toml says.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", metavar="N", min=1, help="How many at a time. Default: one for each processor."),
]
Seed = Annotated[int, typer.Option(metavar="N", help="Seed of the cases' data.")]
Effort = Literal["quick", "full"]
Side = Literal["hip", "cuda"]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
