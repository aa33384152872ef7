"""Which files of a folder are scanned."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from tracker.errors import UsageError
from tracker.scan.facts import Side

SourceKind = Side | Literal["rust"]

SUFFIXES: dict[SourceKind, tuple[str, ...]] = {
    "cuda": (".cu",),
    "hip": (".hip", ".hip.cpp", ".cu.hip"),
    "rust": (".rs",),
}
"""Headers (`.cuh`, `.h`) are read through the files that include them."""
_NAMES: dict[SourceKind, str] = {"cuda": "CUDA", "hip": "HIP", "rust": "Rust"}


def find_sources(paths: Iterable[Path], side: SourceKind, ignore: Sequence[str] = ()) -> list[Path]:
    """Files named, whatever their suffix, and the translation units under folders named that no pattern of `ignore`
    matches. Each file once, in order.

    Raises UsageError for a path that does not exist and for a folder without any source of that side.
    """
    found: dict[Path, None] = {}
    for path in paths:
        found.update(dict.fromkeys(_sources(path, side, ignore)))
    return list(found)


def is_ignored(file: Path, folder: Path, ignore: Iterable[str]) -> bool:
    """Whether a pattern matches the path below the folder, or its end from some folder on; `*` also means `/`."""
    inside = file.relative_to(folder).as_posix()
    return any(fnmatchcase(inside, pattern) or fnmatchcase(inside, f"*/{pattern}") for pattern in ignore)


def repository_of(path: Path) -> Path:
    """The working tree that a source lies in, which its path in a recording is relative to; else its folder."""
    folder = path.resolve().parent
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def read_source(path: Path) -> bytes:
    """A source file's content. Raises UsageError, naming the file, when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "check the path and its permissions") from error


def _sources(path: Path, side: SourceKind, ignore: Sequence[str]) -> list[Path]:
    if not path.exists():
        raise UsageError(f"{path} does not exist", f"name a {_NAMES[side]} source file or a folder of them")
    if not path.is_dir():
        return [path]
    wanted = SUFFIXES[side]
    inside = sorted(file for file in path.rglob("*") if file.name.endswith(wanted) and _is_shown(file, path))
    inside = [file for file in inside if not is_ignored(file, path, ignore)]
    if not inside:
        endings = ", ".join(f"*{suffix}" for suffix in wanted)
        raise UsageError(
            f"{path} holds no {_NAMES[side]} source ({endings})", "name another folder, or the file itself"
        )
    return inside


def _is_shown(file: Path, folder: Path) -> bool:
    return file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
