"""Whether tiny models of five quant types say what a float64 reference says, and by how much their logits differ.

Makes the models of `tests.infer.make_model`, runs each over at least 64 positions, prompt and generated tokens, and
prints a table. On the emulator by default; `--ptx FOLDER` (with a file per HIP source) runs them on an NVIDIA GPU.
To reach: the most likely token agrees at every position.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from kernels import HIP_SOURCES
from tests.infer.make_model import make
from tracker.build.compiler import compile_unit
from tracker.build.records import Unit
from tracker.build.toolchain import discover
from tracker.cancel import Cancel
from tracker.config import default_cache
from tracker.devices.protocol import Artifact, Device
from tracker.gguf import reader
from tracker.infer import layers, model, tokenizer
from tracker.infer.generate import Run, compare, generate

TYPES = ("q4_0", "q5_1", "q8_0", "q4_K", "q6_K")
PROMPT = "Sphinx of black quartz, judge my vow: 0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ"
COLUMNS = (
    "type",
    "launches",
    "wrong",
    "worst error, of its bound",
    "reference",
    "same token",
    "largest difference",
    "rms difference",
    "spread of logits",
    "smallest lead",
    "processor s",
)


def artifact(name: str, arch: str, ptx: Path | None) -> Artifact:
    """The code object of a HIP source."""
    if ptx is not None:
        return Artifact(arch, ptx / f"{name}.ptx", None)
    unit = Unit(HIP_SOURCES / f"{name}.hip", (HIP_SOURCES,))
    built = compile_unit(unit, arch, discover()[0], default_cache(), Cancel())
    if built.code_object is None:
        sys.exit(built.output)
    return Artifact(arch, built.code_object, built.assembly)


def rows(kind: str, device: Device, ptx: Path | None, path: Path, tokens: int) -> list[tuple[str, ...]]:
    """Run one model; a row per reference."""
    file = reader.read(make(kind, path))
    llama, words = model.load(file), tokenizer.load(file)
    arch = device.target.partition(":")[0]
    kernels = layers.Kernels(device, [device.load(artifact(name, arch, ptx)) for name in ("quantize_q8_1", kind)])
    run, started = Run(words.encode(PROMPT)), time.process_time()
    for _ in generate(llama, kernels, run, tokens, words.end):
        pass
    seconds = f"{time.process_time() - started:.1f}"
    audit = kernels.audit
    common = (kind, str(audit.launches), ", ".join(audit.wrong) or "none", f"{audit.worst:.1%}")
    return [
        (
            *common,
            found.reference,
            f"{found.agreeing} of {found.positions}",
            *(f"{value:.3g}" for value in (found.largest, found.typical, found.spread, found.lead)),
            seconds,
        )
        for found in compare(llama, path, run)
    ]


def open_device(arch: str, ptx: Path | None) -> Device:
    """The first NVIDIA GPU when there is PTX to run, else the emulator."""
    if ptx is not None:
        from tracker.devices import cuda

        return cuda.open_device(0)
    from tracker.devices.emulator import EmulatorDevice

    return EmulatorDevice(arch)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--arch", default="gfx1100", help="what the emulator executes")
    options.add_argument("--ptx", type=Path, help="folder of PTX files, for an NVIDIA GPU")
    options.add_argument("--tokens", type=int, default=16, help="tokens to generate after the prompt")
    chosen = options.parse_args()
    device = open_device(chosen.arch, chosen.ptx)
    print(f"{device.name} ({device.target})\n\n| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for kind in TYPES:
            for row in rows(kind, device, chosen.ptx, Path(folder, f"{kind}.gguf"), chosen.tokens):
                print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
