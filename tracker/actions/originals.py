"""The CUDA originals as code for an NVIDIA GPU: compiled from the project's sources, or as somebody built them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from db import queries
from tracker.actions.stations import Station
from tracker.build.compiler import compile_unit
from tracker.build.records import Unit
from tracker.build.toolchain import discover_nvidia
from tracker.cancel import Cancel
from tracker.config import Project
from tracker.errors import CancelledError, KerntrackError, TimeLimitError, UsageError
from tracker.scan import find_sources

BUILT = (".ptx", ".cubin")


@dataclass(frozen=True)
class Original:
    """A CUDA kernel as code: the file that holds it, what made the file, and a hash of the kernel."""

    image: Path
    compiler: str
    code_hash: str


def require_cuda(station: Station) -> None:
    """Raises UsageError where originals cannot run."""
    if not station.gpus() or any(gpu.kind != "cuda" for gpus in station.gpus().values() for gpu in gpus):
        raise UsageError("CUDA originals need an NVIDIA GPU", "add --device cuda")


def sources_of(project: Project, engine: Engine) -> list[Path]:
    """The CUDA sources that were scanned. Raises UsageError when only a recording of them is there."""
    scanned = [project.root / source.path for source in queries.sources(engine, "cuda") if not source.origin]
    if not scanned:
        raise UsageError(
            "the CUDA sources are not at hand, only a recording of what they hold",
            "name them with `kerntrack scan --cuda PATH`, or with --originals PATH where there is that option",
        )
    return scanned


def originals(project: Project, paths: Sequence[Path], target: str, cancel: Cancel) -> Mapping[str, Original]:
    """The CUDA kernels by symbol, of sources, folders of them, .ptx and .cubin files.

    Raises UsageError for a path that cannot be used, KerntrackError for a source that does not compile, AbsentError
    without a compiler.
    """
    found: dict[str, Original] = {}
    for path in find_sources(paths, "cuda", project.ignore):
        if path.suffix in BUILT:
            found |= _read(path, f"as built: {path.name}")
        else:
            found |= _compiled(project, path, target, cancel)
    return found


def _compiled(project: Project, source: Path, target: str, cancel: Cancel) -> dict[str, Original]:
    toolchain = discover_nvidia("cuda")
    unit = Unit(source, project.include, project.defines, language="cuda")
    attempt = compile_unit(unit, target, toolchain, project.cache, cancel, project.limits.compile)
    if attempt.outcome == "cancelled":
        raise CancelledError("cancelled while the CUDA sources were being compiled")
    if attempt.outcome == "timed out":
        raise TimeLimitError(attempt.output.splitlines()[-1])
    if attempt.code_object is None:
        lines = "\n".join(attempt.output.splitlines()[:10])
        raise KerntrackError(f"{source}: {toolchain.version} cannot compile it for {target}:\n{lines}", "correct it")
    return _read(attempt.code_object, toolchain.version)


def _read(path: Path, compiler: str) -> dict[str, Original]:
    """The kernels in a PTX file or cubin."""
    try:
        image = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "name a CUDA source, a .ptx or a .cubin") from error
    return {symbol: Original(path, compiler, digest) for symbol, digest in _hashes(path, image)}


def _hashes(path: Path, image: bytes) -> Iterable[tuple[str, str]]:
    from tracker.build import codeobject
    from tracker.devices.codeobjects import cubin_kernels

    if image.startswith(b"\x7fELF"):
        return cubin_kernels(image).items()
    return [(kernel.symbol, kernel.code_hash) for kernel in codeobject.read(path).kernels.values()]
