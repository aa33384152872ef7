"""The table of operations: what an instruction computes, apart from where its operands come from.

One table serves all architectures. `ops/*.py` fill it; names are those of the newest instruction set that has the
operation (`spellings.toml` maps older ones), without encoding suffix.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

Function = Callable[..., Any]


@dataclass(frozen=True)
class Operation:
    """An operation that maps arrays to arrays, lane by lane (or wave by wave).

    `results` and `sources` name operand types in the order of the text. Implicit ones, not in the text, are `scc`,
    `vcc`, `exec` and, as a source, `acc:TYPE`: the destination's old value. `function(*sources, *outs)` writes into
    the outs, which may be the very arrays of sources, so only after its last read.
    """

    results: tuple[str, ...]
    sources: tuple[str, ...]
    function: Function
    keeps_half: bool = False
    """A 16-bit result leaves the other half alone on every target (gfx9 otherwise zeroes it)."""

    @cached_property
    def moves_masks(self) -> bool:
        """True if a lane mask is among sources and results."""
        return "mask" in self.results or "mask" in self.sources or "vcc" in self.sources


OPERATIONS: dict[str, Operation] = {}


def define(names: str, results: str, sources: str, function: Function, *, keeps_half: bool = False) -> None:
    """Add operations that share a signature and a function; names and types are separated by blanks."""
    operation = Operation(tuple(results.split()), tuple(sources.split()), function, keeps_half)
    for name in names.split():
        if name in OPERATIONS:
            raise ValueError(f"{name} is defined twice")
        OPERATIONS[name] = operation


def after(operation: Operation, finish: Function) -> Operation:
    """The operation with its first result passed through `finish(array)`, in place."""
    function, results = operation.function, len(operation.results)

    def finished(*arguments: Any) -> None:
        function(*arguments)
        finish(arguments[-results])

    return replace(operation, function=finished)


def clamp_float(out: Any) -> None:
    """To [0, 1], in place; NaN and -0 become 0 (DX10_CLAMP)."""
    zero, one = out.dtype.type(0), out.dtype.type(1)
    np.copyto(out, np.where(out > zero, np.minimum(out, one), zero))
