"""The program's options and the signatures of its commands. What a command needs is imported when it is called."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tracker import __version__
from tracker.cli import benches, databases, exports, goldens, readings, reports, workers
from tracker.cli.options import Archs, ClusterAddress, Device, Effort, Jobs, Json, Seed, Selector, Side
from tracker.cli.session import Color, Logging, LogLevel, Session, guarded
from tracker.errors import ExitCode

app = typer.Typer(
    name="kerntrack",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # typer's panels would double the time of --help
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Exit codes: 0 good, 1 bad news about a kernel, 2 wrong usage or configuration, 3 something is not "
    "installed, 4 a time limit was reached and nothing else is wrong, 130 interrupted.",
)

Again = Annotated[bool, typer.Option("--again", help="Do it even where nothing changed.")]
Paths = list[Path] | None


def _version(wanted: bool) -> None:
    if wanted:
        print(f"kerntrack {__version__}")
        raise typer.Exit


def _spec(context: typer.Context, wanted: bool) -> None:
    if wanted:
        from tracker.cli import spec
        from tracker.cli.tables import print_json

        print_json(spec.document(context.command))
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    directory: Annotated[Path, typer.Option("-C", metavar="DIR", help="Work as if started in DIR.")] = Path(),
    color: Annotated[Color, typer.Option(help="Colour the output; auto: on a terminal, unless NO_COLOR.")] = "auto",
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose", "-v", count=True, show_default=False, help="Log what is done, on stderr; twice: also details."
        ),
    ] = 0,
    log_level: Annotated[LogLevel | None, typer.Option(help="Log what is at least so important.")] = None,
    log_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Log to the end of FILE. `tui` logs to .kerntrack/kerntrack.log."),
    ] = None,
    stats: Annotated[
        bool, typer.Option("--stats", help="End with a line of JSON on stderr: exit code, counts, milliseconds.")
    ] = False,
    spec: Annotated[
        bool, typer.Option("--spec", callback=_spec, is_eager=True, help="Print commands and options as JSON and stop.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Tells, kernel by kernel and AMD architecture by architecture, what of a CUDA code base is missing, ported,
    compiled, emulated and verified in its HIP port, shows the evidence, and runs the next step.

    Needs neither an AMD GPU nor ROCm.
    """
    context.obj = Session(directory, color, Logging(verbose, log_level, log_file), stats=stats)


@app.command()
@guarded
def init(
    context: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> ExitCode:
    """Write a commented kerntrack.toml after looking around for CUDA and HIP sources.

    Example: kerntrack -C ../port init
    """
    from tracker.cli import init

    return init.run(context.obj, force)


@app.command()
@guarded
def scan(
    context: typer.Context,
    cuda: Annotated[Paths, typer.Option(metavar="PATH…", help="CUDA sources or folders.")] = None,
    hip: Annotated[Paths, typer.Option(metavar="PATH…", help="HIP sources or folders.")] = None,
    rust: Annotated[Paths, typer.Option(metavar="PATH…", help="Rust sources that load kernels by name.")] = None,
    record: Annotated[Path | None, typer.Option(metavar="FILE", help="Record the CUDA side's facts in FILE.")] = None,
    origin: Annotated[str, typer.Option(metavar="NAME@COMMIT", help="Where a recording says it comes from.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Let --record replace a file.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Scan again whenever a source changes.")] = False,
    again: Again = False,
    json: Json = False,
) -> ExitCode:
    """Read the sources of both sides and pair their kernels; find porting hazards and who asks for which kernel.

    Without --cuda, --hip and --rust: what kerntrack.toml names, or else what the last scan here read. Unchanged
    files are not parsed again.

    \b
    Examples:
      kerntrack scan
      kerntrack scan --cuda ../candle/candle-kernels/src/quantized.cu --hip src/rocarray
      kerntrack scan --watch
      kerntrack scan --cuda kernels.cu --record kernels.json --origin me/repo@1a0f9cc
    """
    from tracker.cli import scan

    request = scan.Request(cuda or [], hip or [], rust or [], record, origin, force, again, json, watch)
    return scan.run(context.obj, request)


for command in (readings.status, readings.gap, readings.hazards, readings.show):
    app.command()(command)


@app.command()
@guarded
def compile(
    context: typer.Context,
    selector: Selector = None,
    arch: Archs = None,
    again: Again = False,
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
    json: Json = False,
) -> ExitCode:
    """Build the HIP sources that hold the selected kernels (default: all), in parallel.

    \b
    Examples:
      kerntrack compile q5_1
      kerntrack compile --arch gfx942 --arch gfx1201
    """
    from tracker.actions.compile import Options
    from tracker.cli import compile

    options = Options(tuple(selector or ()), tuple(arch) if arch else None, again, cluster)
    return compile.run(replace(context.obj, jobs=jobs), options, json)


@app.command()
@guarded
def verify(
    context: typer.Context,
    selector: Selector = None,
    arch: Archs = None,
    effort: Annotated[Effort, typer.Option(help="How many cases.")] = "quick",
    seed: Seed = 0,
    case: Annotated[str | None, typer.Option(metavar="NAME", help="Run only this case; decides no status.")] = None,
    gguf: Annotated[
        Path | None, typer.Option(metavar="MODEL", help="Check on real weights of this GGUF file; decides no status.")
    ] = None,
    tensor: Annotated[
        str | None,
        typer.Option(metavar="GLOB", help="Its tensors to take. Default: the first of each type and row length."),
    ] = None,
    device: Device = "auto",
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
    side: Annotated[Side, typer.Option(help="The port (hip) or, on an NVIDIA GPU, the CUDA original.")] = "hip",
    build: Annotated[bool, typer.Option(help="Without: check only what is built already.")] = True,
    again: Again = False,
    json: Json = False,
) -> ExitCode:
    """Check the selected kernels (default: all), building what is missing first.

    On the emulator, or on a GPU: then for that GPU's architecture, built for its exact target, in a process of its
    own. What was checked before and has not changed is not run again: its evidence holds.

    \b
    Examples:
      kerntrack verify q5_1
      kerntrack verify 'mul_mat_*' arch:gfx1100 --effort full
      kerntrack verify dequantize_block_q5_1_f32 --case 'blocks=33 data=mixed seed=0'
      kerntrack verify arch:gfx1100 --gguf model.gguf --tensor 'blk.0.*'
      kerntrack verify q5_1 --device cuda --side cuda
    """
    from tracker.actions.requests import Options
    from tracker.cli import verify

    options = Options(
        selector=tuple(selector or ()),
        archs=tuple(arch) if arch else None,
        effort=effort,
        seed=seed,
        again=again,
        case=case,
        device=device,
        side=side,
        build=build,
        cluster=cluster,
        gguf=gguf,
        tensor=tensor,
    )
    return verify.run(replace(context.obj, jobs=jobs), options, json)


@app.command()
@guarded
def infer(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A GGUF file of the llama architecture.")],
    prompt: Annotated[str, typer.Option(metavar="TEXT", help="Text to begin with.")] = "",
    tokens: Annotated[int, typer.Option(metavar="N", min=0, help="How many tokens to generate.")] = 16,
    device: Device = "auto",
    arch: Annotated[
        str | None, typer.Option(metavar="ARCH", help="What the emulator executes. Default: the project's first.")
    ] = None,
    json: Json = False,
) -> ExitCode:
    """Run a quantized model on the project's kernels; compare every launch and the logits at every position.

    The prompt goes through `mul_mat_*` as one batch (up to 8 tokens: `mul_mat_vec_*`), each token after it through
    `mul_mat_vec_*_cuda1`; embeddings come from `get_rows_*`, the rest is numpy. Every launch is compared with its
    contract, the logits with the same model in float64 on dequantized weights, and with llama.cpp where
    llama-cpp-python is installed. Float64 leaves activations as they are, the kernels round them to q8_1. Ends with 1
    when a launch is wrong, or the most likely token is not the float64 model's at some position.

    \b
    Examples:
      kerntrack infer tiny.gguf --prompt 'Once upon a time' --tokens 8
      kerntrack infer tiny.gguf --prompt 'Once upon a time' --arch gfx1100 --json
      kerntrack infer tiny.gguf --prompt 'Once upon a time' --device cuda
    """
    from tracker.actions.infer import Request
    from tracker.cli import infer

    return infer.run(context.obj, Request(model, prompt, tokens, device, arch), json)


@app.command()
@guarded
def selftest(
    context: typer.Context,
    files: Annotated[str, typer.Option(metavar="GLOB", help="Sources to put faults into, below the HIP folder.")] = "*",
    sample: Annotated[int | None, typer.Option(metavar="N", help="How many faults to try. Default: all.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the faults' order and of the cases' data.")] = 0,
    jobs: Jobs = None,
    json: Json = False,
) -> ExitCode:
    """Put faults into copies of the HIP sources, one at a time, and count how many the check notices.

    Shifts, masks, bounds, shuffle widths, barriers, strides, dropped terms: each is compiled and checked on the
    emulator with the quick cases. Ends with 1 when less than 99 % of the faults that change results are noticed.

    \b
    Examples:
      kerntrack selftest --files q5_1.hip --sample 20
      kerntrack selftest --files 'families/*'
    """
    from tracker.cli import selftest

    return selftest.run(replace(context.obj, jobs=jobs), selftest.Request(files, sample, seed, json))


for command in (readings.history, readings.diff):
    app.command()(command)


app.add_typer(exports.app, name="export")
app.add_typer(goldens.app, name="golden")
app.command()(benches.bench)
app.add_typer(databases.app, name="db")
app.add_typer(workers.app)
for command in (reports.report, reports.check, reports.badge):
    app.command()(command)


@app.command()
@guarded
def tui(
    context: typer.Context,
    readonly: Annotated[
        bool, typer.Option("--readonly", help="Start without any ability to change something.")
    ] = False,
) -> ExitCode:
    """Open the interactive matrix: filter, look at evidence, scan, compile and verify with a key.

    Example: kerntrack tui
    """
    from tracker import tui

    tui.run(context.obj.project(), readonly=readonly)
    return ExitCode.GOOD


@app.command()
@guarded
def doctor(
    context: typer.Context,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Show the workers of this scheduler. Default: what kerntrack.toml says."),
    ] = None,
    json: Json = False,
) -> ExitCode:
    """Show versions, toolchains, architectures, devices, database and cache, and what is missing.

    Where work goes to a cluster also its workers: what each offers, and how many jobs it has.

    Example: kerntrack doctor --json
    """
    from tracker.cli import doctor

    return doctor.run(context.obj, json, cluster)
