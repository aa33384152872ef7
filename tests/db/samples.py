"""Small inventories, builds and checks for database tests, in the shape of the program's dataclasses."""

from typing import Any

from sqlalchemy import Engine

from db import record

ARCHS = ("gfx90a", "gfx1100")
Q5 = "dequantize_block_q5_1_f32"
Q4 = "dequantize_block_q4_0_f32"


def kernel(symbol: str, *, line: int = 10, fingerprint: str = "f1", macro_line: int | None = None) -> dict[str, Any]:
    """A kernel as the scanner describes it."""
    place = {"path": "a.cu", "line": line}
    return {
        "symbol": symbol,
        "name": symbol,
        "template_arguments": (),
        "parameters": ({"name": "vx", "type": "const void *"}, {"name": "y", "type": "float *"}),
        "place": place,
        "macro": "DEFINE" if macro_line else None,
        "macro_place": {"path": "a.cu", "line": macro_line} if macro_line else None,
        "max_threads": None,
        "min_blocks": None,
        "static_lds": 0,
        "lines": 10,
        "fingerprint": fingerprint,
        "helpers": ("dequantize",),
        "structs": ("block_q5_1",),
    }


def facts(side: str, path: str, *kernels: dict[str, Any]) -> dict[str, Any]:
    """A scanned file."""
    return {
        "side": side,
        "path": path,
        "sha256": "0" * 64,
        "dependencies": (("include/a.h", "1" * 64),),
        "kernels": kernels,
        "helpers": ("dequantize",),
        "structs": ("block_q5_1",),
        "diagnostics": (
            {"severity": "warning", "place": {"path": path, "line": 3}, "column": 7, "message": "unused variable"},
        ),
    }


def attempt(arch: str, **changes: Any) -> dict[str, Any]:
    """A build of `q5.hip`."""
    return {
        "source": "q5.hip",
        "arch": arch,
        "toolchain": "zig",
        "commands": ["clang q5.hip"],
        "returncode": 0,
        "output": "",
        "seconds": 1.0,
        "cached": False,
        "key": "k",
        "assembly": "q5.s",
        "code_object": "q5.hsaco",
        "outcome": "built",
        **changes,
    }


def built(symbol: str, code_hash: str) -> dict[str, dict[str, Any]]:
    """A code object that holds one kernel."""
    return {
        symbol: {
            "code_hash": code_hash,
            "vgprs": 12,
            "agprs": 0,
            "sgprs": 20,
            "lds": 0,
            "scratch": 0,
            "vgpr_spills": 0,
            "sgpr_spills": 0,
            "wave_size": 64,
            "max_threads": 256,
            "occupancy": 8,
        }
    }


def check(arch: str, code_hash: str, **changes: Any) -> dict[str, Any]:
    """A passed check of the q5_1 kernel on the emulator."""
    return {
        "symbol": Q5,
        "arch": arch,
        "code_hash": code_hash,
        "device_kind": "emulator",
        "device_name": "kerntrack emulator",
        "device_target": arch,
        "contract": "dequantize/1",
        "seed": 0,
        "effort": "quick",
        "outcome": "passed",
        "message": "",
        "cases_run": 9,
        "worst": {"abs": 0.0},
        "failing": None,
        "seconds": 0.5,
        "cost": {"instructions": 100},
        **changes,
    }


def port(engine: Engine, fingerprint: str) -> None:
    """Rescan `q5.hip` with another source fingerprint."""
    record.source(engine, facts("hip", "q5.hip", kernel(Q5, fingerprint=fingerprint)))
