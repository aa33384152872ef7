"""All vector operations with a table entry."""

from functools import cache

from tests.opcodes.cases import Case
from tests.opcodes.table_compare import compare_cases
from tests.opcodes.table_float import float_cases
from tests.opcodes.table_integer import integer_cases
from tests.opcodes.table_modifiers import modifier_cases
from tests.opcodes.table_packed import packed_cases
from tests.opcodes.table_rest import rest_cases
from tests.opcodes.table_scalar import scalar_cases
from tests.opcodes.vector import halves


@cache
def every_vector_case() -> tuple[Case, ...]:
    """The tables, one after the other."""
    families = (integer_cases, float_cases, compare_cases, packed_cases, modifier_cases, rest_cases)
    return tuple(case for family in families for case in family())


@cache
def vector_cases(arch: str) -> dict[str, tuple[Case, str]]:
    """The cases of an arch with the register half they are tested on, by kernel name."""
    listed = [(case, half) for case in every_vector_case() if arch in case.names for half in halves(case, arch)]
    return {f"t{i}_{case.names[arch]}_{half}": (case, half) for i, (case, half) in enumerate(listed)}


@cache
def scalar_table(arch: str) -> dict[str, Case]:
    """The scalar cases of an arch by kernel name."""
    listed = [case for case in scalar_cases() if arch in case.names]
    return {f"s{i}_{case.names[arch]}": case for i, case in enumerate(listed)}
