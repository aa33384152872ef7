"""Databases of any size for measuring: kernels of made-up families, all ported, built and checked on every arch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from db import models, record
from db.engine import open_database, writing
from tracker.devices.revision import emulator_name

TYPES = ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q2_K", "q3_K", "q4_K", "q5_K", "q6_K")
STAGES = ("matmul", "norm", "rope", "softmax", "copy")
RESOURCES = dict.fromkeys(record.RESOURCES, 32)
NOBODY = {"sha256": "0" * 64, "dependencies": (), "diagnostics": (), "helpers": (), "structs": ()}


def make(path: Path, kernels: int, archs: tuple[str, ...]) -> None:
    """Write a database: every third kernel emulated, every third failed, the rest compiled; all evidence holds."""
    engine = open_database(path)
    symbols = [f"{STAGES[n % 5]}_{TYPES[n // 5 % 10]}_{n}" for n in range(kernels)]
    for side, file in (("cuda", "all.cu"), ("hip", "all.hip")):
        facts = {"side": side, "path": file, "kernels": [_kernel(symbol, n, file) for n, symbol in enumerate(symbols)]}
        record.source(engine, NOBODY | facts)
    pairs = [{"cuda_symbol": symbol, "hip_symbol": symbol, "differences": []} for symbol in symbols]
    record.sources(engine, [("cuda", "all.cu", ""), ("hip", "all.hip", "")])
    record.pairs(engine, pairs)
    for arch in archs:
        record.build(engine, _attempt(arch), dict.fromkeys(symbols, "f"), {s: _object(s, arch) for s in symbols})
    with writing(engine) as session:
        session.execute(insert(models.Evidence), list(_evidence(symbols, archs)))
    engine.dispose()


def _kernel(symbol: str, number: int, file: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "name": symbol,
        "template_arguments": (),
        "parameters": ({"name": "x", "type": "const void *"}, {"name": "n", "type": "int"}),
        "place": {"path": file, "line": number + 1},
        "macro": None,
        "macro_place": None,
        "max_threads": 256,
        "min_blocks": None,
        "static_lds": 1024,
        "lines": 20,
        "fingerprint": "f",
        "helpers": (),
        "structs": (),
    }


def _attempt(arch: str) -> dict[str, Any]:
    return {
        "source": "all.hip",
        "arch": arch,
        "toolchain": "none",
        "commands": ["true"],
        "returncode": 0,
        "output": "",
        "seconds": 1.0,
        "cached": False,
        "key": arch,
        "assembly": None,
        "code_object": None,
        "outcome": "built",
    }


def _object(symbol: str, arch: str) -> dict[str, Any]:
    return {"code_hash": f"{symbol}/{arch}", **RESOURCES}


def _evidence(symbols: list[str], archs: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for number, symbol in enumerate(symbols):
        if number % 3 == 2:
            continue
        for arch in archs:
            yield {
                "symbol": symbol,
                "arch": arch,
                "code_hash": f"{symbol}/{arch}",
                "toolchain": "none",
                "device_kind": "emulator",
                "device_name": emulator_name(),
                "device_target": arch,
                "contract": "",
                "seed": 0,
                "effort": "quick",
                "outcome": ("passed", "failed")[number % 3],
                "message": "",
                "cases_run": 24,
                "worst": {"cw": 1e-7, "bound": 1e-6, "bad": 0.0},
                "failing": None,
                "seconds": 0.5,
                "cost": {"instructions": {"valu": 1000}},
                "created": record.now(),
            }
