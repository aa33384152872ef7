"""Cases from a real tensor of a model file: rows sampled evenly, so that the emulator stays quick."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kernels.contracts import real
from kernels.contracts.base import Case, Effort
from kernels.contracts.formats import Bytes, block_format
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
    """The rows that are taken, shape (rows, blocks, bytes), as numpy saves them; they can go where the model is not."""
    sha256: str
    """Of the model file."""
    tensor: str
    rows: int
    """That the tensor has."""

    def __str__(self) -> str:
        return f"gguf=sha256:{self.sha256[:HASH_DIGITS]} tensor={self.tensor}"


def take(tensor: reader.Tensor, sha256: str, effort: Effort, path: Path) -> Origin:
    """Write the rows of a tensor that a check takes to a file."""
    chosen = real.sample(tensor.rows, tensor.columns, ELEMENTS[effort])
    np.save(path, tensor.blocks()[chosen])
    return Origin(path, sha256, tensor.name, tensor.rows)


def cases(kernel: KernelName, origin: Origin, seed: int) -> Iterator[Case]:
    """The one case of a kernel on a tensor of its type. Its name tells file, tensor and how many rows were taken."""
    weights: Bytes = np.load(origin.path)
    yield real.case(kernel, name(kernel, origin, weights, seed), weights, seed)


def name(kernel: KernelName, origin: Origin, weights: Bytes, seed: int) -> str:
    """`gguf=sha256:… tensor=blk.0.attn_q.weight rows=64/4096 cols=4096 batch=9 seed=0`."""
    columns = weights.shape[1] * block_format(kernel.type).elements
    shape = f"rows={len(weights)}/{origin.rows} cols={columns} batch={real.batch(kernel)}"
    return f"{origin} {shape} seed={seed}"


def representative(tensors: Sequence[reader.Tensor]) -> list[reader.Tensor]:
    """The first tensor of each type and row length."""
    first: dict[tuple[str, int], reader.Tensor] = {}
    for tensor in tensors:
        first.setdefault((tensor.kind, tensor.columns), tensor)
    return list(first.values())
