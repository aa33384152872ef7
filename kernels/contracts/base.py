"""What a contract promises to whoever checks kernels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from kernels.launch import Launch
from kernels.names import KernelName

Effort = Literal["quick", "full"]
ElementType = Literal["uint8", "float16", "float32"]


@dataclass(frozen=True)
class Expectation:
    """What one output buffer must hold afterwards.

    `reference`: float64 (or exact values of `element`) in output order, shape (n,). With `bound` None the buffer must
    equal it bit for bit; else `|out - reference| / scale <= bound` for every element (the `cw` metric of the facts:
    `scale` is sum_k (|scale*code| + |offset|) * |y_k|, shape (n,)). `compared` masks out elements that the contract
    leaves open (None: all are compared).
    """

    buffer: str
    element: ElementType
    reference: NDArray[np.float64] | NDArray[np.float32] | NDArray[np.float16] | NDArray[np.uint8]
    scale: NDArray[np.float64] | None = None
    bound: float | None = None
    compared: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Prepared:
    """A case with its data: the launch and what must come out. Every `out` buffer has an expectation."""

    launch: Launch
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True)
class Case:
    """One check. `name` is a string that reproduces the case (shape, data class, seed) through `Contract.case`."""

    name: str
    prepare: Callable[[int], Prepared]
    """Build inputs and expectation of run 0 or 1: they differ in the poison of `out` buffers and the launch's noise."""


class Contract(Protocol):
    """One kernel family."""

    family: str
    version: int
    """Raised whenever cases, oracle or bounds change: older evidence then no longer counts."""

    def parameters(self, kernel: KernelName) -> tuple[str, ...]:
        """Canonical C types of the kernel's parameters, in order (`const void *`, `float *`, `int`)."""

    def cases(self, kernel: KernelName, effort: Effort, seed: int) -> Iterator[Case]:
        """The cases for one kernel, at least one."""

    def case(self, kernel: KernelName, name: str) -> Case:
        """The case a name stands for. Raises ValueError when it cannot be parsed."""
