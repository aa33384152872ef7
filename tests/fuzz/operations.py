"""Every pure operation, by the kind of its result."""

from collections import defaultdict

from tests.fuzz.kinds import VECTORS, Kind
from tests.fuzz.operations_float import float_operations
from tests.fuzz.operations_integer import integer_operations, make_vector
from tests.fuzz.tree import Operation


def _by_result() -> dict[Kind, list[Operation]]:
    table: dict[Kind, list[Operation]] = defaultdict(list)
    every = [*integer_operations(), *float_operations(), *(op for kind in VECTORS for op in make_vector(kind))]
    for operation in every:
        table[operation.result].append(operation)
    return dict(table)


OPERATIONS: dict[Kind, list[Operation]] = _by_result()
