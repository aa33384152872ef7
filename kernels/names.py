"""What a kernel's symbol tells: family, quant type, batch, output type (table: families.toml)."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from kernels import ROOT


@dataclass(frozen=True)
class KernelName:
    """A symbol taken apart. `type` is GGML's spelling (`q2_K`); `batch` is 1..8 for mul_mat_vec_q8_1, else None."""

    symbol: str
    family: str
    type: str
    batch: int | None = None
    out: str | None = None


def ggml_type(spelling: str) -> str:
    """GGML's spelling of a type as written in a symbol: `q2k` and `q2_k` are `q2_K`."""
    match = re.fullmatch(r"(q\d)_?k", spelling, re.IGNORECASE)
    return f"{match[1].lower()}_K" if match else spelling


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    table = tomllib.loads((ROOT / "families.toml").read_text(encoding="utf-8"))
    return tuple(
        (family["id"], re.compile(family["pattern"].replace("{types}", "|".join(family["types"]))))
        for family in table["family"]
    )


@cache
def identify(symbol: str) -> KernelName | None:
    """Take a symbol apart; None when it belongs to no known family."""
    for family, pattern in _patterns():
        match = pattern.fullmatch(symbol)
        if match:
            found = match.groupdict()
            batch = int(found["batch"]) if found.get("batch") else None
            return KernelName(symbol, family, ggml_type(found["type"]), batch, found.get("out"))
    return None
