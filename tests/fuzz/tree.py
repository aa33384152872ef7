"""The program tree. Expressions are pure and defined for every input; what crosses lanes or writes is a statement."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tests.fuzz.kinds import Array, Kind


@dataclass(frozen=True)
class Operation:
    """A pure function: how C spells it (`{0}` is the first argument) and what it means on arrays."""

    name: str
    result: Kind
    arguments: tuple[Kind, ...]
    spelling: str
    evaluate: Callable[..., Array]
    weight: float = 1.0


@dataclass(frozen=True)
class Constant:
    """`bits` of one element; vectors repeat it."""

    kind: Kind
    bits: int


@dataclass(frozen=True)
class Variable:
    kind: Kind
    name: str


@dataclass(frozen=True)
class Apply:
    operation: Operation
    arguments: tuple["Expression", ...]

    @property
    def kind(self) -> Kind:
        return self.operation.result


@dataclass(frozen=True)
class Load:
    """A read of an input buffer; `index` (u32) is reduced to the buffer's size. Unaligned ones count bytes."""

    kind: Kind
    index: "Expression"
    aligned: bool


@dataclass(frozen=True)
class ArrayRead:
    """An element of a thread's own array of `ARRAY_LENGTH`; `index` (u32) is reduced to it."""

    kind: Kind
    name: str
    index: "Expression"


Expression: TypeAlias = Constant | Variable | Apply | Load | ArrayRead

ARRAY_LENGTH = 8
PRIVATE_BYTES = 32
"""Bytes every thread may write in mid-program."""


@dataclass(frozen=True)
class Let:
    name: str
    value: Expression


@dataclass(frozen=True)
class Assign:
    name: str
    value: Expression


@dataclass(frozen=True)
class If:
    condition: Expression
    then: tuple["Statement", ...]
    otherwise: tuple["Statement", ...]


@dataclass(frozen=True)
class Loop:
    """`counter` runs from 0 below `count & 7`."""

    counter: str
    count: Expression
    body: tuple["Statement", ...]


@dataclass(frozen=True)
class Switch:
    """Runs the case whose number is `selector` (u32) modulo their count."""

    selector: Expression
    cases: tuple[tuple["Statement", ...], ...]


@dataclass(frozen=True)
class Leave:
    """Break or continue of the innermost loop where `condition` holds."""

    how: Literal["break", "continue"]
    condition: Expression


@dataclass(frozen=True)
class Store:
    """A write to the thread's own output bytes at `offset` (u32, reduced so that the value fits)."""

    offset: Expression
    value: Expression


@dataclass(frozen=True)
class ReadBack:
    """A load of the thread's own output bytes into a new variable."""

    name: str
    kind: Kind
    offset: Expression


@dataclass(frozen=True)
class ArrayDeclare:
    name: str
    kind: Kind
    values: tuple[Expression, ...]


@dataclass(frozen=True)
class ArrayWrite:
    name: str
    index: Expression
    value: Expression


@dataclass(frozen=True)
class Shuffle:
    """Value of lane `source` (u32) within aligned groups of `width` lanes, 0 from lanes that are not active."""

    name: str
    value: Expression
    source: Expression
    width: int


@dataclass(frozen=True)
class Dpp:
    """Data-parallel primitive move of a u32 with `control`; `zero` writes 0 for missing lanes instead of `old`."""

    name: str
    old: Expression
    value: Expression
    control: str
    amount: int
    zero: bool


@dataclass(frozen=True)
class Wave:
    """A wave-wide question: ballot of a condition, first active lane's value, count of true lanes below."""

    name: str
    kind: Kind
    how: Literal["ballot", "first", "below"]
    value: Expression


@dataclass(frozen=True)
class Exchange:
    """Every thread of a workgroup writes `value` to its LDS slot; after a barrier it reads slot `index` mod threads."""

    name: str
    value: Expression
    index: Expression


@dataclass(frozen=True)
class Accumulate:
    """An atomic without result on one of a few words shared by the workgroup (lds) or the grid (global)."""

    where: Literal["lds", "global"]
    function: str
    slot: int
    value: Expression


@dataclass(frozen=True)
class Fetch:
    """An atomic with result on a u32 or u64 that only this thread uses."""

    name: str
    function: str
    value: Expression


Statement: TypeAlias = (
    Let
    | Assign
    | If
    | Loop
    | Switch
    | Leave
    | Store
    | ReadBack
    | ArrayDeclare
    | ArrayWrite
    | Shuffle
    | Dpp
    | Wave
    | Exchange
    | Accumulate
    | Fetch
)


@dataclass(frozen=True)
class Shape:
    """Launch geometry: workgroups along x, threads along x and y."""

    grid: int
    block: tuple[int, int]

    @property
    def threads(self) -> int:
        """Threads of one workgroup."""
        return self.block[0] * self.block[1]


@dataclass(frozen=True)
class Program:
    """One kernel. `results` are the top-level variables stored at the end, one 16-byte slot each.

    `registers` is the number of vector registers that the compiler may use, 0 for no limit; few make it spill.
    """

    seed: int
    shape: Shape
    body: tuple[Statement, ...]
    results: tuple[Variable, ...]
    registers: int = 0

    @property
    def bytes_per_thread(self) -> int:
        """Output bytes of one thread."""
        return PRIVATE_BYTES + 16 * len(self.results)
