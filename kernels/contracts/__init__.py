"""Per kernel family: what it computes, launch geometry, cases, oracle, tolerance."""

from importlib import import_module
from typing import TYPE_CHECKING

from kernels.names import KernelName

if TYPE_CHECKING:  # numpy is only loaded for a contract that is used: versions alone decide what evidence holds
    from kernels.contracts.base import Contract

VERSIONS = {
    "dequantize": 3,
    "quantize": 8,
    "dequantize_mul_mat_vec": 5,
    "mul_mat_vec_q8_1": 6,
    "mul_mat_q8_1": 6,
    "get_rows": 6,
    "indexed_moe_forward": 5,
}
"""Families with a contract. Raised when cases, oracle or bounds change: older evidence then no longer counts."""


def contract_for(name: KernelName) -> "Contract | None":
    """The contract of the kernel's family; None when there is none."""
    if name.family not in VERSIONS:
        return None
    contract: Contract = import_module(f"kernels.contracts.{name.family}").CONTRACT
    return contract
