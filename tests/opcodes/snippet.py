"""Runs a few hand-written instructions on given words per thread and gives back words per thread."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.opcodes.kernels import WAVE, Kernel, assembly, load, scalar_load, store, wait

from tracker.emulator import Memory, load as load_program, run  # isort: skip

Words = NDArray[np.uint32]

WRITTEN: dict[str, list[Kernel]] = {}
"""Every snippet run so far, by arch, for the assembler to look at (`test_snippet_spellings`)."""

RESULT = 40
"""First vector register that is stored; inputs are in v2, v3, …"""


@dataclass
class Snippet:
    """Code between loading and storing. s[4:5], s[6:7] and s[8:9] hold the addresses of inputs, results and `extra`.

    v0 is the thread's number in its workgroup, s2 the workgroup, v1 is free. `extra` is a buffer that the code may
    read and write.
    """

    arch: str
    lines: Sequence[str]
    inputs: Words
    """Shape (threads, words)."""
    results: int = 1
    group: int = 64
    extra: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(64, np.uint8))
    lds: int = 0
    scratch: int = 0

    def kernel(self) -> Kernel:
        """The kernel, under a name and with labels that no other snippet has."""
        words = self.inputs.shape[1]
        lines = [
            f"{scalar_load(self.arch, 4)} s[4:7], s[0:1], 0x0",
            f"{scalar_load(self.arch, 2)} s[8:9], s[0:1], 0x10",
            wait(self.arch, scalar=True),
            f"s_mul_i32 s3, s2, {self.group}",
            "v_mov_b32_e32 v63, s3",
            f"{'v_add_u32' if WAVE[self.arch] == 64 else 'v_add_nc_u32'} v63, v63, v0",
            f"v_mul_u32_u24_e32 v1, {4 * words}, v63",
            *(f"{load(self.arch, 1)} v{2 + i}, v1, s[4:5] offset:{4 * i}" for i in range(words)),
            wait(self.arch),
            *self.lines,
            f"v_mul_u32_u24_e32 v1, {4 * self.results}, v63",
            *(f"{store(self.arch, 1)} v1, v{RESULT + i}, s[6:7] offset:{4 * i}" for i in range(self.results)),
        ]
        number = len(WRITTEN.setdefault(self.arch, []))
        unique = tuple(line.replace(".L", f".L{number}_") for line in lines)
        kernel = Kernel(f"snippet{number}", unique, 3, self.lds, self.scratch)
        WRITTEN[self.arch].append(kernel)
        return kernel

    def run(self) -> Words:
        """Results, shape (threads, words). `extra` is replaced by its content afterwards."""
        kernel = self.kernel()
        threads = len(self.inputs)
        data = np.ascontiguousarray(self.inputs, np.uint32).reshape(-1).view(np.uint8)
        results = np.zeros(threads * self.results * 4, np.uint8)
        memories = [Memory("in", data, "in"), Memory("out", results, "out"), Memory("extra", self.extra, "in")]
        grid = (threads // self.group, 1, 1)
        report = run(load_program(assembly([kernel], self.arch)), kernel.name, grid, (self.group, 1, 1), memories)
        self.extra = report.buffers["extra"]
        return report.buffers["out"].view(np.uint32).reshape(threads, self.results)


def random_words(threads: int, words: int, seed: int = 1) -> Words:
    """Uniform bits."""
    return np.random.default_rng(seed).integers(0, 1 << 32, (threads, words), np.uint32)
