"""The common part of all family contracts: cases from shapes, launches from named values."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.contracts import geometry, naming
from kernels.contracts.base import Case, Effort, Expectation, Prepared
from kernels.contracts.data import hostile_tail
from kernels.contracts.formats import Bytes
from kernels.contracts.naming import Shape
from kernels.launch import Argument, Buffer, Dim, Launch, Scalar
from kernels.names import KernelName

POISON = (0xFF, 0xA5)
"""Bytes that fill output buffers before a launch. Four of the first make a NaN; the two share no nibble."""

SCALAR_BYTES = {"int": 4, "long": 8, "unsigned long": 8}

Values = Mapping[str, NDArray[Any] | int]
"""Arguments by parameter name: arrays for const pointers, numbers for scalars."""

Sized = tuple[dict[str, int], str]
"""Sizes and data class of a case."""


@dataclass(frozen=True)
class FamilyContract:
    """A contract put together from a family's list of shapes and its way to build one case."""

    family: str
    version: int
    keys: tuple[str, ...]
    classes: tuple[str, ...]
    shapes: Callable[[KernelName, Effort], Iterator[Sized]]
    build: Callable[[KernelName, Shape], Prepared]

    def parameters(self, kernel: KernelName) -> tuple[str, ...]:
        """Canonical C types of the kernel's parameters, in order."""
        return tuple(ctype for _, ctype in geometry.signature(kernel))

    def cases(self, kernel: KernelName, effort: Effort, seed: int) -> Iterator[Case]:
        """The cases for one kernel, the most telling first."""
        for sizes, data in self.shapes(kernel, effort):
            yield self._case(kernel, Shape(tuple((key, sizes[key]) for key in self.keys), data, seed))

    def case(self, kernel: KernelName, name: str) -> Case:
        """The case a name stands for. Raises ValueError when it cannot be parsed or breaks a precondition."""
        case = self._case(kernel, naming.parse(name, self.keys, self.classes))
        case.prepare(0)
        return case

    def _case(self, kernel: KernelName, shape: Shape) -> Case:
        @cache
        def prepared() -> Prepared:
            return self.build(kernel, shape)

        return Case(str(shape), lambda poison: poisoned(prepared(), poison))


def make_launch(kernel: KernelName, grid: Dim, block: Dim, values: Values, out_bytes: int) -> Launch:
    """A launch with the kernel's parameters in order. The one pointer to non-const gets `out_bytes` bytes.

    `values` may name parameters that this kernel lacks.
    """
    arguments: list[Argument] = []
    for name, ctype in geometry.signature(kernel):
        if ctype.endswith("*") and not ctype.startswith("const"):
            arguments.append(Buffer(name, _frozen(np.zeros(out_bytes, np.uint8)), "out"))
        else:
            arguments.append(_argument(name, ctype, values[name]))
    return Launch(kernel.symbol, grid, block, tuple(arguments))


def _argument(name: str, ctype: str, value: NDArray[Any] | int) -> Argument:
    if isinstance(value, np.ndarray):
        return Buffer(name, _frozen(np.ascontiguousarray(value).reshape(-1).view(np.uint8)), "in")
    return Scalar(name, value.to_bytes(SCALAR_BYTES[ctype], "little", signed=True))


def _frozen(data: Bytes) -> Bytes:
    data = data.copy()
    data.setflags(write=False)
    return data


def poisoned(prepared: Prepared, run: int) -> Prepared:
    """The launch of run 0 or 1: poisoned outputs, noise where a device has state that nothing has written, and in run 1
    buffers that are aligned no better than callers promise."""
    launch = prepared.launch
    views = geometry.views(launch.symbol) if run else {}
    arguments = tuple(_placed(argument, views, run) for argument in launch.arguments)
    return replace(prepared, launch=replace(launch, arguments=arguments, noise=run))


def _placed(argument: Argument, views: Mapping[str, int], run: int) -> Argument:
    if not isinstance(argument, Buffer):
        return argument
    data = _frozen(np.full(argument.data.size, POISON[run], np.uint8)) if argument.role == "out" else argument.data
    return replace(argument, data=data, skew=views.get(argument.name, 0))


def with_tail(kind: str, weights: Bytes) -> Bytes:
    """Weights followed by the readable bytes that candle's launcher guarantees, filled as hostile memory would be."""
    return np.concatenate([weights.reshape(-1), hostile_tail(kind, geometry.table()["weights_tail"])])


def exact(buffer: str, values: NDArray[np.float32] | NDArray[np.float16] | Bytes) -> Expectation:
    """Every element must equal `values` bit for bit (a zero may have either sign)."""
    names = {np.dtype(np.float32): "float32", np.dtype(np.float16): "float16", np.dtype(np.uint8): "uint8"}
    return Expectation(buffer, names[values.dtype], values.reshape(-1))  # type: ignore[arg-type]
