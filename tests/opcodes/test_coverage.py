"""No operation of the emulator's table is without a test of its own."""

from tests.opcodes import test_accumulation_registers, test_division, test_exec_and_control, test_lane_exchange
from tests.opcodes.cases import Case
from tests.opcodes.table_scalar import scalar_cases
from tests.opcodes.tables import every_vector_case
from tracker.emulator import decode
from tracker.emulator.names import canonical
from tracker.emulator.operation import OPERATIONS
from tracker.emulator.ops.special import BINDERS


def _names(case: Case) -> set[str]:
    """The table's names for a case; saturating variants are entries of their own."""
    ending = "+clamp" if "clamp" in case.suffix else ""
    return {canonical(name) + ending for name in case.names.values()}


def _tested() -> set[str]:
    modules = (test_lane_exchange, test_exec_and_control, test_division, test_accumulation_registers)
    listed = {canonical(name) for module in modules for name in module.TESTED}
    return listed.union(*map(_names, [*every_vector_case(), *scalar_cases()]), _TESTED_ELSEWHERE)


_LOADS = {f"s_load_b{32 * words}" for words in (1, 2, 3, 4, 8, 16)}
_FLOAT_MODE = {"s_getreg_b32", "s_setreg_b32", "s_setreg_imm32_b32", "s_denorm_mode", "s_round_mode"}
_TESTED_ELSEWHERE = _LOADS | _FLOAT_MODE
"""By `test_memory_operations`, whose cases are widths, and by `tests.emulator.test_float_mode`."""


def test_every_operation_of_the_table_has_a_test() -> None:
    assert decode  # importing it fills the table
    assert sorted({*OPERATIONS, *BINDERS} - _tested()) == []
