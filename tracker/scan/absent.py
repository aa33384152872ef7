"""Headers that are not there, and would be read if they were: in place of one that is missing, or of another one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

_FOLDER_OPTIONS = ("-I", "-isystem", "-idirafter")


def absent_headers(
    path: Path,
    arguments: Sequence[str],
    headers: Iterable[str],
    missing: Iterable[str],
    inside: Callable[[str], bool],
) -> set[str]:
    """Files of the project that the next parse of `path` with `arguments` would find first.

    `headers` are the files that this one has read, `missing` the names that it has not found. `inside` tells what is of
    the project: that new files come into a toolkit's folders, or hide its headers beside a source, is not looked for.
    """
    folders = [Path(folder) for option, folder in pairwise(arguments) if option in _FOLDER_OPTIONS]
    read = [Path(header) for header in headers]
    including = {file.parent for file in (path, *read) if inside(str(file))}
    candidates = {base / name for name in missing for base in (*including, *folders)}
    for file in read:
        for name, before in _names(file, folders):
            candidates |= {base / name for base in (*before, *(including if inside(str(file)) else ()))}
    return {str(file) for file in candidates if inside(str(file)) and not file.exists()}


def _names(file: Path, folders: Sequence[Path]) -> Iterator[tuple[Path, Sequence[Path]]]:
    """The names by which a file can have been included, each with the folders that were searched before."""
    for place, folder in enumerate(folders):
        if file.is_relative_to(folder):
            yield file.relative_to(folder), folders[:place]
