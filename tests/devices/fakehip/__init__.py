"""A stand-in for ROCm's libamdhip64.so that hands launches to the emulator; see runtime.py."""

import subprocess
from pathlib import Path

from tracker.build.toolchain import discover

HERE = Path(__file__).parent


def build_library(folder: Path) -> Path:
    """The stand-in in a folder laid out as ROCm's is. Raises CalledProcessError when it does not compile."""
    folder.mkdir()
    toolchain = discover("ziglang")[0]
    source, target = HERE / "libamdhip64.c", folder / "libamdhip64.so"
    compile_ = (*toolchain.clang, "-c", "-O1", "-fPIC", "-ffreestanding", "-fvisibility=hidden", str(source), "-o")
    subprocess.run((*compile_, str(folder / "library.o")), check=True)
    link = (*toolchain.lld, "-shared", "-soname", "libamdhip64.so", str(folder / "library.o"), "-o", str(target))
    subprocess.run(link, check=True)
    return target


def settings(library: Path, builds: Path, target: str = "gfx1100") -> dict[str, str]:
    """The environment in which hip-python finds the stand-in and that the code objects of a build cache."""
    return {
        "ROCM_PATH": str(library.parent.parent),
        "LD_LIBRARY_PATH": str(library.parent),
        "FAKEHIP_LIBRARY": str(library),
        "FAKEHIP_BUILDS": str(builds),
        "FAKEHIP_TARGET": target,
    }
