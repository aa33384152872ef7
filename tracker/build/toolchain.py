"""Finding compilers. AMD: the clang and lld of ROCm or of the package `ziglang`. NVIDIA: that clang, or nvcc."""

import importlib.util
import json
import logging
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import platformdirs

from tracker.errors import AbsentError

LOG = logging.getLogger(__name__)
Kind = Literal["rocm", "ziglang", "nvcc"]


@dataclass(frozen=True)
class Toolchain:
    """Programs that make code objects. `clang` and `lld` are command prefixes: a program and its first arguments.

    `nvcc` stands in the place of clang and has no linker: it makes PTX only.
    """

    kind: Kind
    version: str
    """Goes into every build's key, e.g. `ziglang-0.17.1 clang-22.1.8`."""
    clang: tuple[str, ...]
    lld: tuple[str, ...]


def discover(prefer: str | None = None) -> list[Toolchain]:
    """Toolchains on this machine, best first.

    `prefer` is `rocm` or `ziglang` (only that kind is returned) or the path of a clang beside which an ld.lld stands.
    Raises AbsentError with the command that would install one when there is none.
    """
    if prefer and os.sep in prefer:
        found = [*_rocm((Path(prefer),))]
    else:
        found = [toolchain for toolchain in (*_rocm(_rocm_clangs()), *_zig()) if prefer in (None, toolchain.kind)]
    if not found:
        what = f"toolchain '{prefer}'" if prefer else "a compiler for AMD GPUs"
        raise AbsentError(
            f"{what} was not found (hipcc, HIP_CLANG_PATH, HIP_PATH, ROCM_PATH, /opt/rocm and ziglang were tried)",
            "install one with: python -m pip install ziglang",
        )
    return found


def discover_nvidia(language: Literal["hip", "cuda"]) -> Toolchain:
    """The compiler to PTX: for CUDA sources NVIDIA's own where it is, for the port the one that AMD builds come from.

    Raises AbsentError with the commands that would install one.
    """
    found = [*_nvcc(), *_zig()] if language == "cuda" else [*_zig(), *_nvcc()]
    if not found:
        raise AbsentError(
            "a compiler for NVIDIA GPUs was not found (nvcc and ziglang were tried)",
            "install one with: python -m pip install ziglang",
        )
    return found[0]


def _nvcc() -> Iterator[Toolchain]:
    name = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    if os.path.isfile(name):
        version = _version((name, "--version"), Path(name), r"V\d+\.\d+\.\d+")
        if version:
            yield Toolchain("nvcc", f"nvcc-{version[1:]}", (name,), ())


def _rocm_clangs() -> Iterator[Path]:
    roots = [os.environ.get(name) for name in ("HIP_PATH", "ROCM_PATH")]
    named = os.environ.get("HIP_CLANG_PATH")  # as hipcc understands it
    if named:
        yield Path(named, "clang++")
    hipcc = shutil.which("hipcc")
    roots += ["/opt/rocm", str(Path(hipcc).resolve().parent.parent) if hipcc else None]
    for root in roots:
        if root:
            yield from (Path(root, part, "bin", "clang++") for part in ("llvm", "lib/llvm", "../llvm"))


def _rocm(clangs: Iterable[Path]) -> Iterator[Toolchain]:
    seen: set[Path] = set()
    for clang in clangs:
        lld = clang.with_name("ld.lld")
        if clang.is_file() and lld.is_file() and clang.resolve() not in seen:
            seen.add(clang.resolve())
            version = _version((str(clang), "--version"), clang)
            if version:
                yield Toolchain("rocm", f"rocm clang-{version}", (str(clang),), (str(lld),))


def _zig() -> Iterator[Toolchain]:
    spec = importlib.util.find_spec("ziglang")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        zig = Path(folder, "zig.exe" if os.name == "nt" else "zig")
        if zig.is_file():
            own, clang = _version((str(zig), "version"), zig), _version((str(zig), "clang", "--version"), zig)
            if own and clang:
                yield Toolchain("ziglang", f"ziglang-{own} clang-{clang}", (str(zig), "clang"), (str(zig), "ld.lld"))


def _version(command: tuple[str, ...], program: Path, pattern: str = r"\d+\.\d+[\w.+-]*") -> str | None:
    """First version number that `command` prints, remembered until `program` changes; None when it does not run."""
    stat = program.stat()
    key = f"{' '.join(command)} {stat.st_mtime_ns} {stat.st_size}"
    store = Path(platformdirs.user_cache_dir("kerntrack"), "toolchains.json")
    known = _read(store)
    if key in known:
        return known[key]
    LOG.info("run %s", shlex.join(command))
    try:
        printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(pattern, printed)
    if match:
        _write(store, {**known, key: match[0]})
    return match[0] if match else None


def _read(store: Path) -> dict[str, str]:
    try:
        known = json.loads(store.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(store: Path, known: dict[str, str]) -> None:
    """Best effort: without it the next start asks the compiler again."""
    temporary = store.with_name(f"{store.name}.{os.getpid()}")
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(known, indent=1), encoding="utf-8")
        temporary.replace(store)
    except OSError:
        temporary.unlink(missing_ok=True)
