"""Writing users' files: whole or not at all, whatever happens meanwhile."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from tracker.errors import UsageError


def replace(file: Path, content: bytes | str) -> None:
    """Put a file in place of what is there. Raises UsageError when it cannot be written.

    A link stays one, and what is no file, such as /dev/stdout, is just written to.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        if file.exists() and not file.is_file():
            file.write_bytes(data)
        else:
            _replace(file.resolve(), data)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}", "name a place that you may write to") from error


def _replace(file: Path, data: bytes) -> None:
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        if file.exists():
            shutil.copymode(file, part)
        part.replace(file)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
