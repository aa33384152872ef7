"""Time our HIP kernels against the CUDA originals on an NVIDIA GPU.

    python -m benchmarks.nvidia --theirs …/candle-kernels/src/quantized.cu [--out results.md] [--only mul_mat_vec]

Both sides are compiled by the nvcc on PATH with -O3 for the device's architecture, run on the same buffers with the
originals' launch geometry, and replayed as graphs over copies of the weights that together exceed the cache.
"""

import argparse
import datetime
import json
import math
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.nvidia import gpu
from kernels import BASELINES, HIP_SOURCES, INCLUDE
from kernels.launch import Buffer
from kernels.names import KernelName, identify
from kernels.workloads import Work, works
from tracker.scan import baseline

CACHE = 300 << 20
"""Bytes that copies of the weights add up to: several times the last-level cache."""

Row = dict[str, Any]


def compile_cubin(source: Path, extra: list[str]) -> bytes:
    """One source compiled with nvcc for sm_90, or a .cubin as it is. Raises CalledProcessError when nvcc fails."""
    if source.suffix == ".cubin":
        return source.read_bytes()
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.cubin"
        command = [
            nvcc,
            "-arch=sm_90",
            "-O3",
            "-std=c++17",
            "-cubin",
            "-x",
            "cu",
            *extra,
            str(source),
            "-o",
            str(target),
        ]
        subprocess.run(command, check=True)
        return target.read_bytes()


def pointers(work: Work, copies: int) -> dict[str, list[int]]:
    """Upload every buffer; those that are written, and the cold one, `copies` times."""
    placed: dict[str, list[int]] = {}
    for buffer in buffers(work):
        count = copies if buffer.name == work.cold or buffer.role == "out" else 1
        placed[buffer.name] = [gpu.allocate(buffer.data.nbytes) for _ in range(count)]
        for pointer in placed[buffer.name]:
            gpu.upload(pointer, buffer.data)
    return placed


def buffers(work: Work) -> list[Buffer]:
    """The launch's buffers."""
    return [each for each in work.launch.arguments if isinstance(each, Buffer)]


def time_side(work: Work, kernel: Any, placed: dict[str, list[int]]) -> float:
    """Median µs of one launch, rotating among the copies."""
    copies = len(placed[work.cold])

    def queue(stream: Any) -> int:
        for turn in range(2 * copies):
            arguments = [
                placed[each.name][turn % len(placed[each.name])] if isinstance(each, Buffer) else each
                for each in work.launch.arguments
            ]
            gpu.launch(kernel, work.launch, arguments, stream)
        return 2 * copies

    return gpu.microseconds(queue)


def compare(kernel: KernelName, work: Work, ours: Any, theirs: Any, copy: float) -> Row:
    """Time both sides and compare what they wrote."""
    (out,) = (each for each in buffers(work) if each.role == "out")
    (cold,) = (each for each in buffers(work) if each.name == work.cold)
    copies = min(64, max(2, math.ceil(CACHE / (cold.data.nbytes + out.data.nbytes))))
    placed = pointers(work, copies)
    times, results = [], []
    for side in (theirs, ours, theirs, ours):
        times.append(time_side(work, side, placed))
        results.append(gpu.download(placed[out.name][0], out.data.nbytes))
    for pointer in (pointer for group in placed.values() for pointer in group):
        gpu.free(pointer)
    their_us, our_us = min(times[0], times[2]), min(times[1], times[3])
    return {
        "kernel": kernel.symbol,
        "family": kernel.family,
        "work": work.label,
        "theirs_us": round(their_us, 2),
        "ours_us": round(our_us, 2),
        "ratio": round(our_us / their_us, 3),
        "share_theirs": round(work.bytes / their_us * 1e6 / copy, 3),
        "share_ours": round(work.bytes / our_us * 1e6 / copy, 3),
        "bit_equal": bool(np.array_equal(results[0], results[1])),
    }


def table(rows: list[Row]) -> str:
    """Markdown: one line a family, then one line a launch."""
    families: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        families[row["family"]].append(row)
    lines = ["| family | launches | geometric mean of time, ours / theirs | slowest | share of copy bandwidth, ours |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for family, group in families.items():
        mean = math.exp(sum(math.log(row["ratio"]) for row in group) / len(group))
        worst = max(group, key=lambda row: row["ratio"])
        shares = sorted(row["share_ours"] for row in group)
        slowest = f"{worst['ratio']:.2f} ({worst['kernel']}, {worst['work']})"
        lines.append(f"| {family} | {len(group)} | {mean:.3f} | {slowest} | {shares[0]:.2f}–{shares[-1]:.2f} |")
    keys = ("kernel", "work", "theirs_us", "ours_us", "ratio", "share_theirs", "share_ours", "bit_equal")
    lines += ["", "| " + " | ".join(keys) + " |", "| " + " | ".join("---" for _ in keys) + " |"]
    lines += ["| " + " | ".join(str(row[key]) for key in keys) + " |" for row in rows]
    return "\n".join(lines)


def symbols() -> list[str]:
    """Every kernel of the recorded head inventory."""
    return sorted(kernel.symbol for kernel in baseline.read(BASELINES / "candle-5152ef621.json").kernels)


def main() -> None:
    """Compile, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--theirs", type=Path, required=True, help="CUDA source, or a .cubin made of it")
    parser.add_argument("--ours", type=Path, nargs="*", help="HIP sources or .cubin files; default: the shipped ones")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", default="", help="part of a symbol")
    options = parser.parse_args()
    device, copy = gpu.open_device(), gpu.copy_bandwidth()
    theirs = gpu.load(compile_cubin(options.theirs, []))
    include = ["-I", str(INCLUDE / "nvcc"), "-I", str(HIP_SOURCES)]
    ours = [gpu.load(compile_cubin(source, include)) for source in options.ours or sorted(HIP_SOURCES.glob("*.hip"))]
    rows: list[Row] = []
    for symbol in symbols():
        name = identify(symbol)
        found = next((f for module in ours if (f := gpu.function(module, symbol))), None)
        original = gpu.function(theirs, symbol)
        if name is None or options.only not in symbol or found is None or original is None:
            continue
        for work in works(name, np.random.default_rng(7)):
            try:
                rows.append(compare(name, work, found, original, copy))
            except RuntimeError as error:
                sys.exit(f"{symbol}, {work.label}: {error}")
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    head = f"{device}, {datetime.date.today()}, copy bandwidth {copy / 1e12:.2f} TB/s, nvcc -O3 -arch=sm_90\n\n"
    text = head + table(rows) + "\n"
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
