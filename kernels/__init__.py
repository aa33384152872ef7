"""Everything about kernels that is not program: sources, headers, recorded inventories, contracts."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent
INCLUDE = ROOT / "include"
HIP_SOURCES = ROOT / "hip"
BASELINES = ROOT / "baselines"
