"""`kerntrack init`: a commented project file, filled from what lies around."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.text import Text

from kernels import BASELINES
from tracker.cli.session import Session
from tracker.config import DEFAULT_ARCHS, DEFAULT_RENAME, FILE_NAME
from tracker.errors import ExitCode, UsageError
from tracker.files import replace
from tracker.limits import DEFAULT
from tracker.scan.sources import SUFFIXES

DEPTH = 6
"""Folders below the start that are looked into."""
SKIPPED = frozenset({"target", "build", "node_modules", "__pycache__", "third_party"})
NEIGHBOURS = ("candle/candle-kernels/src", "rocm-rs/src")
"""Places beside the project where the two sides are often checked out, cuda and hip."""

LAUNCHERS = "candle-core/src/quantized"
"""Where candle's Rust code asks for the quantized kernels."""

TEMPLATE = """\
# A kerntrack project: which CUDA kernels are to be ported, and where their HIP ports are.
# Paths are relative to this file; ~ is your home folder. Every key may be left out.

# CUDA side: files, or folders that are searched for .cu files.
cuda = {cuda}

# Recorded inventories, for CUDA sources that are not at hand: names of recordings shipped with kerntrack
# ({shipped}), or .json files that `kerntrack scan --record` wrote.
# For a kernel in several of them the first counts; `cuda` counts before all.
baselines = {baselines}

# HIP side: files, or folders that are searched for .hip files.
hip = {hip}

# Rust code that loads the kernels by name: files, or folders that are searched for .rs files.
rust = {rust}

# What to pass over in those folders; `*` stands for anything, `/` included.
# ignore = ["third_party/*", "*_test.cu"]

# Folders in which #include looks, and macros to define (NAME or NAME=VALUE), for both sides.
include = []
defines = []

# Architectures to build for and to show as columns; `kerntrack doctor` lists all that are known.
archs = {archs}

# Where results are kept.
# database = ".kerntrack/kerntrack.db"

# Where finished builds are kept. Default: the user's cache folder, shared by all projects.
# cache = ".kerntrack/builds"

# A Dask scheduler whose workers build, check and time in place of this machine; `--cluster local` is this machine.
# cluster = "tls://scheduler:8786"

# Which compiler to use: "rocm", "ziglang" or the path of a clang. Default: the best that is installed.
# toolchain = "ziglang"

# Compilers, or emulators, that run at the same time. Default: one for each processor.
# jobs = 2

# Seconds that work may take: compiling one source for one architecture, one kernel's cases on an emulator, one launch
# on a GPU.
# [limits]
# compile = {limits.compile:g}
# check = {limits.check:g}
# launch = {limits.launch:g}

# How a CUDA kernel's name becomes its port's, where it does not stay as it is: regular expression = replacement.
[rename]
{rename}

# Keys of your own for the terminal program, by the name of the action (`?` in it shows them).
# [keys]
# compile = "f5"

# Porting hazards that may stay; `kerntrack hazards ack RULE KERNEL --reason …` writes such an entry. It ends when the
# code changes, of which `code` is the hash.
# [[acknowledge]]
# rule = "dp4a"
# kernel = "mul_mat_*"
# code = "0123456789abcdef"
# reason = "why it may stay"
"""


def run(session: Session, force: bool) -> ExitCode:
    """Write kerntrack.toml. Raises UsageError when there is one already, unless `force`."""
    folder = session.directory.resolve()
    file = folder / FILE_NAME
    if file.exists() and not force:
        raise UsageError(f"{file} exists", "--force replaces it")
    cuda, hip, rust = look_around(folder, ".cu"), look_around(folder, *SUFFIXES["hip"]), launchers(folder)
    replace(file, content(cuda, hip, rust))
    out = session.stderr()
    out.print(Text(f"wrote {file}"))
    out.print(Text(f"  CUDA: {', '.join(cuda) or 'none found; the recorded inventory of candle stands in'}"))
    out.print(Text(f"  HIP:  {', '.join(hip) or 'none found yet'}"))
    out.print(Text(f"  Rust: {', '.join(rust) or 'no callers found'}"))
    out.print(Text("next: kerntrack scan", "bold"))
    return ExitCode.GOOD


def content(cuda: Iterable[str], hip: Iterable[str], rust: Iterable[str] = ()) -> str:
    """The text of the file for these sources."""
    shipped = sorted(path.stem for path in BASELINES.glob("*.json"))
    cuda = list(cuda)
    return TEMPLATE.format(
        cuda=_list(cuda),
        hip=_list(hip),
        rust=_list(rust),
        baselines=_list([] if cuda else shipped[-1:]),
        shipped=", ".join(shipped) or "none",
        archs=_list(DEFAULT_ARCHS),
        limits=DEFAULT,
        rename="\n".join(f'"{old}" = "{new}"' for old, new in DEFAULT_RENAME.items()),
    )


def look_around(folder: Path, *suffixes: str) -> list[str]:
    """Folders below `folder`, or usual places beside it, that hold files with these endings, as the file names them."""
    found = _topmost(_folders_with(folder, suffixes))
    if not found:
        beside = (folder.parent / name for name in NEIGHBOURS)
        found = _topmost(each for place in beside if place.is_dir() for each in _folders_with(place, suffixes))
    return [Path(os.path.relpath(path, folder)).as_posix() for path in found]


def launchers(folder: Path) -> list[str]:
    """candle's launchers in `folder` or beside it, as the file names them."""
    places = (each / name for each in (folder, folder.parent) for name in (LAUNCHERS, f"candle/{LAUNCHERS}"))
    found = next((place for place in places if any(place.glob("*.rs"))), None)
    return [Path(os.path.relpath(found, folder)).as_posix()] if found else []


def _folders_with(root: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    for name, folders, files in os.walk(root):
        depth = len(Path(name).relative_to(root).parts)
        folders[:] = [each for each in sorted(folders) if depth < DEPTH and each[0] != "." and each not in SKIPPED]
        if any(file.endswith(suffixes) for file in files):
            yield Path(name)


def _topmost(folders: Iterable[Path]) -> list[Path]:
    """Without the folders inside others: those are searched anyway."""
    kept: list[Path] = []
    for folder in sorted(folders):
        if not any(folder.is_relative_to(above) for above in kept):
            kept.append(folder)
    return kept


def _list(texts: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"
