"""The cost benchmark's cases are cases of the contracts as they stand."""

import pytest
from kernel_units import expected

from benchmarks.static_cost import CASES
from kernels.contracts import contract_for
from kernels.names import identify

NAMES = {name.family: name for unit in expected().values() for symbol in sorted(unit) if (name := identify(symbol))}


def test_every_family_has_a_case() -> None:
    assert CASES.keys() == NAMES.keys()


@pytest.mark.parametrize("family", sorted(CASES))
def test_a_case_is_one_of_its_contract(family: str) -> None:
    contract = contract_for(NAMES[family])
    assert contract and contract.case(NAMES[family], CASES[family]).name == CASES[family]
