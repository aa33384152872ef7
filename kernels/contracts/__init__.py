"""Per kernel family: what it computes, launch geometry, cases, oracle, tolerance."""

from importlib import import_module

from kernels.contracts.base import Contract
from kernels.names import KernelName

FAMILIES = (
    "dequantize",
    "quantize",
    "dequantize_mul_mat_vec",
    "mul_mat_vec_q8_1",
    "mul_mat_q8_1",
    "get_rows",
    "indexed_moe_forward",
)


def contract_for(name: KernelName) -> Contract | None:
    """The contract of the kernel's family; None when there is none."""
    if name.family not in FAMILIES:
        return None
    contract: Contract = import_module(f"kernels.contracts.{name.family}").CONTRACT
    return contract
