"""Makes a random program from a seed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from tests.fuzz import tree
from tests.fuzz.kinds import BOOL, F32, I32, KINDS, U16, U32, U64, Kind
from tests.fuzz.operations import OPERATIONS
from tests.fuzz.tree import ARRAY_LENGTH, Constant, Expression, Program, Shape, Statement, Variable

_GRIDS = ((1, 64, 1), (2, 32, 1), (1, 100, 1), (2, 96, 1), (1, 128, 1), (3, 33, 3), (1, 8, 8), (2, 40, 1), (1, 256, 1))
SHAPES = tuple(Shape(grid, (x, y)) for grid, x, y in _GRIDS)

_FLAVOURS = (
    "u32 i32 u64",
    "u32 i32 u16 i16 u8 i8",
    "f32 u32 i32",
    "f32 f16 i32",
    "f16 f16x2 f32",
    "u16x2 i16x2 u32 u16",
    "u8x4 i8x4 u32 i32",
    "f32x2 f32",
    "f64 f32 i32 i64",
    "u64 i64 u32x2 u32x4",
    " ".join(KINDS),
)
_REGISTER_LIMITS = (0, 0, 0, 0, 20, 24)
_UNIFORM = (
    Variable(U32, "p0"),
    Variable(I32, "p1"),
    Variable(U64, "p2"),
    Variable(F32, "p3"),
    Variable(U16, "p4"),
    Variable(U32, "group"),
    Variable(U32, "width"),
    Variable(U32, "items"),
)
_THREAD = (Variable(U32, "tid"), Variable(U32, "gid"), Variable(U32, "lane"))
_INTEGER_BITS = (
    0,
    1,
    2,
    3,
    7,
    15,
    16,
    31,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)
_FLOAT_VALUES = {
    16: (0x0000, 0x8000, 0x3C00, 0xBC00, 0x3800, 0x4000, 0x0001, 0x7BFF, 0x7C00, 0x2E66, 0xD640),
    32: (0, 1 << 31, 0x3F800000, 0xBF800000, 0x3F000000, 0x40800000, 1, 0x7F7FFFFF, 0xFF800000, 0x3DCCCCCD, 0x4B800001),
    64: (0, 1 << 63, 0x3FF << 52, 0xBFF << 52, 0x3FE << 52, 0x401 << 52, 1, 0x7FEFFFFFFFFFFFFF, 0x3FB999999999999A),
}
_SHUFFLED = tuple(KINDS[n] for n in ["u32", "i32", "f32", "u16", "f16", "u64", "f64", "u16x2", "f32x2"])
_INTEGER_STORED = tuple(KINDS[n] for n in ["u8", "i16", "u16", "u32", "i32", "u64", "u32x2", "u32x4"])
_DPP = ("quad_perm", "row_shl", "row_shr", "row_ror", "row_mirror", "row_half_mirror")
_SLOTS = ("add", "or", "xor", "and", "min", "max", "sub")


class Generator:
    """Grows statements; `scope` holds the variables that may be read, `counters` those that may not be assigned."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.seed = seed
        self.kinds = [KINDS[name] for name in self.random.choice(_FLAVOURS).split()]
        self.scope: list[Variable] = [*_UNIFORM, *_THREAD]
        self.arrays: list[Variable] = []
        self.assignable: list[Variable] = []
        self.names = 0

    def program(self) -> Program:
        """The whole kernel."""
        shape = self.random.choice(SHAPES)
        count = self.random.randint(5, 14) if self.random.random() < 0.9 else self.random.randint(25, 40)
        body = tuple(self._top_level() for _ in range(count))
        given = {v.name for v in (*_UNIFORM, *_THREAD)}
        results = tuple(v for v in self.scope if v.name not in given)
        return Program(self.seed, shape, body, results, self.random.choice(_REGISTER_LIMITS))

    # Expressions.

    def kind(self) -> Kind:
        """A kind in this program's flavour."""
        return self.random.choice(self.kinds)

    def constant(self, kind: Kind) -> Constant:
        """Edge values mostly."""
        element = kind if kind == BOOL else kind.element
        if element == BOOL:
            return Constant(kind, self.random.randint(0, 1))
        if element.is_float:
            return Constant(kind, self.random.choice(_FLOAT_VALUES[element.bits]))
        bits = self.random.choice(_INTEGER_BITS) if self.random.random() < 0.7 else self.random.getrandbits(64)
        return Constant(kind, bits & ((1 << element.bits) - 1))

    def leaf(self, kind: Kind) -> Expression:
        """A variable where there is one, else a load or a constant."""
        variables = [v for v in self.scope if v.kind == kind]
        chance = self.random.random()
        if variables and chance < 0.75:
            return self.random.choice(variables)
        if kind == BOOL or chance > 0.85:
            return self.constant(kind)
        own = [v for v in self.scope if v.name in ("gid", "lane")]
        return self.load(kind, self.random.choice([*own, self.constant(U32)]))

    def load(self, kind: Kind, index: Expression) -> Expression:
        """A read of an input; only integers may come from unaligned addresses."""
        aligned = kind.element.is_float or self.random.random() < 0.6
        return tree.Load(kind, index, aligned)

    def expression(self, kind: Kind, depth: int = 3) -> Expression:
        """A random expression of `kind`."""
        chance = self.random.random()
        if depth == 0 or chance < 0.1:
            return self.leaf(kind)
        if chance < 0.17 and kind != BOOL:
            return self.load(kind, self.expression(U32, depth - 1))
        arrays = [a for a in self.arrays if a.kind == kind]
        if arrays and chance < 0.4:
            return tree.ArrayRead(kind, self.random.choice(arrays).name, self.expression(U32, depth - 1))
        choices = OPERATIONS[kind]
        operation = self.random.choices(choices, [self._weight(o) for o in choices])[0]
        return tree.Apply(operation, tuple(self.expression(k, depth - 1) for k in operation.arguments))

    def _weight(self, operation: tree.Operation) -> float:
        """Operations whose arguments are of the program's flavour come more often."""
        inside = all(k in self.kinds or k == BOOL for k in operation.arguments)
        return operation.weight * (3 if inside else 0.3)

    @contextmanager
    def uniform(self) -> Iterator[None]:
        """Only values that are the same in the whole workgroup can be read inside."""
        saved, arrays = self.scope, self.arrays
        self.scope, self.arrays = list(_UNIFORM), []
        yield
        self.scope, self.arrays = saved, arrays

    # Statements.

    def name(self, prefix: str) -> str:
        """A fresh name."""
        self.names += 1
        return f"{prefix}{self.names}"

    def _define(self, kind: Kind) -> str:
        variable = Variable(kind, self.name("v"))
        self.scope.append(variable)
        self.assignable.append(variable)
        return variable.name

    def let(self) -> Statement:
        kind = self.kind()
        if self.random.random() < 0.2:
            with self.uniform():
                value = self.expression(kind)
        else:
            value = self.expression(kind)
        return tree.Let(self._define(kind), value)

    def assign(self) -> Statement:
        if not self.assignable:
            return self.let()
        target = self.random.choice(self.assignable)
        return tree.Assign(target.name, self.expression(target.kind))

    def store(self) -> Statement:
        value = self.expression(self.random.choice(_INTEGER_STORED), 2)
        return tree.Store(self.expression(U32, 1), value)

    def read_back(self) -> Statement:
        kind, offset = self.random.choice(_INTEGER_STORED), self.expression(U32, 1)
        return tree.ReadBack(self._define(kind), kind, offset)

    def array(self) -> Statement:
        kind = self.kind()
        values = tuple(self.expression(kind, 1) for _ in range(ARRAY_LENGTH))
        self.arrays.append(Variable(kind, self.name("a")))
        return tree.ArrayDeclare(self.arrays[-1].name, kind, values)

    def array_write(self) -> Statement:
        if not self.arrays:
            return self.array()
        target = self.random.choice(self.arrays)
        return tree.ArrayWrite(target.name, self.expression(U32, 2), self.expression(target.kind, 2))

    def shuffle(self) -> Statement:
        value = self.expression(self.random.choice(_SHUFFLED), 2)
        name = self.random.choice(("xor", "add", "sub"))
        mixed = next(o for o in OPERATIONS[U32] if o.name == name)
        step = Constant(U32, self.random.choice((1, 2, 3, 4, 8, 16, 31)))
        source: Expression = tree.Apply(mixed, (Variable(U32, "lane"), step))
        if self.random.random() < 0.3:
            source = self.expression(U32, 2)
        return tree.Shuffle(self._define(value.kind), value, source, self.random.choice((2, 4, 8, 16, 32)))

    def dpp(self) -> Statement:
        control = self.random.choice(_DPP)
        shifted = control in ("row_shl", "row_shr", "row_ror")
        amount = self.random.randrange(256) if control == "quad_perm" else self.random.randint(1, 15) * shifted
        old, value = self.expression(U32, 1), self.expression(U32, 2)
        return tree.Dpp(self._define(U32), old, value, control, amount, self.random.random() < 0.5)

    def wave(self) -> Statement:
        how, kind, argument = self.random.choice((("ballot", U64, BOOL), ("first", U32, U32), ("below", U32, BOOL)))
        value = self.expression(argument, 2)
        return tree.Wave(self._define(kind), kind, how, value)  # type: ignore[arg-type]

    def exchange(self) -> Statement:
        value, index = self.expression(self.kind(), 2), self.expression(U32, 2)
        return tree.Exchange(self._define(value.kind), value, index)

    def accumulate(self) -> Statement:
        slot = self.random.randrange(len(_SLOTS))
        where = self.random.choice(("lds", "global"))
        return tree.Accumulate(where, _SLOTS[slot], slot, self.expression(U32, 2))  # type: ignore[arg-type]

    def fetch(self) -> Statement:
        kind = self.random.choice((U32, U64))
        names = (*_SLOTS, "swap", "swap_if") if kind == U32 else _SLOTS
        value = self.expression(kind, 2)
        return tree.Fetch(self._define(kind), self.random.choice(names), value)

    # Control flow.

    def _block(self, choices: dict[Callable[[], Statement], float], count: int) -> tuple[Statement, ...]:
        """Statements in a scope of their own."""
        scope, arrays, assignable = list(self.scope), list(self.arrays), list(self.assignable)
        makers, weights = list(choices), list(choices.values())
        body = tuple(self.random.choices(makers, weights)[0]() for _ in range(count))
        self.scope, self.arrays, self.assignable = scope, arrays, assignable
        return body

    def _inner(self) -> dict[Callable[[], Statement], float]:
        return {self.let: 3, self.assign: 4, self.store: 1, self.array_write: 1, self.fetch: 0.5}

    def _divergent(self) -> dict[Callable[[], Statement], float]:
        crossing = {self.shuffle: 0.7, self.dpp: 0.4, self.wave: 0.4, self.accumulate: 0.4}
        return {**self._inner(), **crossing, self.nested_branch: 0.6, self.nested_loop: 0.4}

    def _condition(self) -> Expression:
        if self.random.random() < 0.25:
            with self.uniform():
                return self.expression(BOOL, 2)
        return self.expression(BOOL, 2)

    def nested_branch(self) -> Statement:
        condition = self._condition()
        then = self._block(self._inner(), self.random.randint(1, 3))
        return tree.If(condition, then, self._block(self._inner(), self.random.randint(0, 2)))

    def branch(self) -> Statement:
        condition = self._condition()
        then = self._block(self._divergent(), self.random.randint(1, 4))
        return tree.If(condition, then, self._block(self._divergent(), self.random.randint(0, 3)))

    def switch(self) -> Statement:
        selector = self.expression(U32, 2)
        count = self.random.randint(2, 5)
        return tree.Switch(
            selector, tuple(self._block(self._divergent(), self.random.randint(1, 2)) for _ in range(count))
        )

    def nested_loop(self) -> Statement:
        """Without anything that crosses lanes, so that it may stand anywhere."""
        return self._loop(self.expression(U32, 1), {**self._inner(), self.leave: 1})

    def leave(self) -> Statement:
        return tree.Leave(self.random.choice(("break", "continue")), self.expression(BOOL, 2))

    def loop(self) -> Statement:
        """With break and continue, or with cross-lane statements: C does not say who takes part after a `continue`."""
        choices = self._divergent() if self.random.random() < 0.5 else {**self._inner(), self.leave: 1.5}
        return self._loop(self.expression(U32, 2), choices)

    def _loop(self, count: Expression, choices: dict[Callable[[], Statement], float]) -> Statement:
        counter = Variable(U32, self.name("n"))
        self.scope.append(counter)
        body = self._block(choices, self.random.randint(1, 4))
        self.scope.remove(counter)
        return tree.Loop(counter.name, count, body)

    def uniform_loop(self) -> Statement:
        """All threads of a workgroup take the same number of turns, so that barriers may stand inside."""
        with self.uniform():
            count = self.expression(U32, 2)
        return self._loop(count, {**self._inner(), self.exchange: 1.5, self.shuffle: 1})

    def _top_level(self) -> Statement:
        choices = {
            self.let: 5,
            self.assign: 2,
            self.store: 1,
            self.read_back: 0.7,
            self.array: 0.5,
            self.array_write: 0.5,
            self.shuffle: 1.2,
            self.dpp: 0.7,
            self.wave: 0.7,
            self.exchange: 1.2,
            self.accumulate: 0.7,
            self.fetch: 0.7,
            self.branch: 2,
            self.switch: 0.5,
            self.loop: 1.2,
            self.uniform_loop: 0.6,
        }
        maker: Callable[[], Statement] = self.random.choices(list(choices), list(choices.values()))[0]
        return maker()


def generate(seed: int) -> Program:
    """The program of a seed."""
    return Generator(seed).program()
