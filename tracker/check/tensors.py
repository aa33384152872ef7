"""Cases from a real tensor of a model file: rows sampled evenly, so that the emulator stays quick."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kernels.contracts import real
from kernels.contracts.base import Case, Effort
from kernels.names import KernelName
from tracker.gguf import reader

ELEMENTS: dict[Effort, int] = {"quick": 1 << 18, "full": 1 << 22}
"""Weights that one check of a tensor takes, in whole rows."""
HASH_DIGITS = 16
"""Of the file's sha256, in the names of cases."""


@dataclass(frozen=True)
class Origin:
    """Where a check's weights come from."""

    path: Path
    sha256: str
    tensor: str

    def __str__(self) -> str:
        return f"gguf=sha256:{self.sha256[:HASH_DIGITS]} tensor={self.tensor}"


def cases(kernel: KernelName, origin: Origin, effort: Effort, seed: int) -> Iterator[Case]:
    """The one case of a kernel on a tensor of its type. Its name tells file, tensor and how many rows were taken."""
    tensor = _model(origin.path, origin.sha256).tensors[origin.tensor]
    chosen = real.sample(tensor.rows, tensor.columns, ELEMENTS[effort])
    yield real.case(kernel, name(kernel, origin, tensor, len(chosen), seed), tensor.blocks()[chosen], seed)


@lru_cache(maxsize=1)
def _model(path: Path, sha256: str) -> reader.Model:
    """The file, read once per process: a large vocabulary takes a second."""
    return reader.read(path)


def name(kernel: KernelName, origin: Origin, tensor: reader.Tensor, rows: int, seed: int) -> str:
    """`gguf=sha256:… tensor=blk.0.attn_q.weight rows=64/4096 cols=4096 batch=9 seed=0`."""
    shape = f"rows={rows}/{tensor.rows} cols={tensor.columns} batch={real.batch(kernel)}"
    return f"{origin} {shape} seed={seed}"


def representative(tensors: Sequence[reader.Tensor]) -> list[reader.Tensor]:
    """The first tensor of each type and row length."""
    first: dict[tuple[str, int], reader.Tensor] = {}
    for tensor in tensors:
        first.setdefault((tensor.kind, tensor.columns), tensor)
    return list(first.values())
