"""A stand-in for ROCm's hipcc: the same options, carried out by the toolchain that tests have."""

import sys
from pathlib import Path

import kernels
from tracker.build.toolchain import discover


def write(folder: Path) -> Path:
    """A program `hipcc` in a folder, and the linker that it names."""
    toolchain = discover("ziglang")[0]
    linker = _script(folder / "ld.lld", toolchain.lld)
    headers = ("-nogpuinc", "-nogpulib", "-nostdinc", "-isystem", str(kernels.INCLUDE))
    return _script(folder / "hipcc", (*toolchain.clang, *headers), linker)


def _script(path: Path, command: tuple[str, ...], linker: Path | None = None) -> Path:
    named = f"if sys.argv[1:] == ['-print-prog-name=ld.lld']: sys.exit(print({str(linker)!r}))\n" if linker else ""
    path.write_text(
        f"#!{sys.executable}\nimport os, sys\n{named}command = {list(command)!r} + sys.argv[1:]\n"
        "os.execv(command[0], command)\n"
    )
    path.chmod(0o755)
    return path
