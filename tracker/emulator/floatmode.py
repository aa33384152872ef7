"""What a kernel's float mode makes of denormals (LLVM AMDGPUUsage, "Floating Point Denorm Mode")."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from tracker.emulator.faults import UnknownInstructionError
from tracker.emulator.operation import Function, Operation

KEEP_SOURCES, KEEP_RESULTS = 1, 2
"""Bits of a mode: denormal sources are taken as they are; denormal results stay."""

_BITS_ONLY = ("v_mov_", "v_cndmask_", "v_cmp_class_", "v_cmpx_class_", "v_mac_f32", "v_mad_f32", "v_madak_", "v_madmk_")
"""Operations on floats that only move or look at bits, and those that never keep denormals."""

_UNDOCUMENTED = ("v_dot2", "v_pack_b32_f16", "v_cvt_pk_rtz_f16_f32")


def flushed(a: Any) -> Any:
    """Denormals replaced by zeros of the same sign."""
    tiny = np.finfo(a.dtype).smallest_normal
    return np.where(np.absolute(a) < tiny, np.copysign(a.dtype.type(0), a), a)


class FloatMode(NamedTuple):
    """Modes of f32, and of f16 and f64."""

    single: int = KEEP_SOURCES | KEEP_RESULTS
    others: int = KEEP_SOURCES | KEEP_RESULTS

    def flushes(self, kind: str, bit: int) -> bool:
        """True if a source or result of this operand type loses its denormals."""
        if kind.startswith("acc:"):
            kind = kind[4:]
        return kind[0] == "f" and not (self.single if kind == "f32" else self.others) & bit

    def adapt(self, name: str, operation: Operation) -> Operation:
        """The operation as this mode has it. Raises UnknownInstructionError where that is not documented."""
        if self == FloatMode() or name.startswith(_BITS_ONLY):
            return operation
        if name.startswith(_UNDOCUMENTED):
            raise UnknownInstructionError("what it does to denormals that the float mode flushes is not documented")
        function = self.around(operation.function, operation.sources, operation.results)
        return operation if function is operation.function else replace(operation, function=function)

    def around(self, function: Function, sources: tuple[str, ...], results: tuple[str, ...]) -> Function:
        """A function of arrays of these operand types, with denormals flushed as the mode says."""
        inward = [self.flushes(kind, KEEP_SOURCES) for kind in sources]
        outward = [self.flushes(kind, KEEP_RESULTS) for kind in results]
        if not any(inward) and not any(outward):
            return function

        def flushing(*arguments: Any) -> None:
            given, outs = arguments[: len(inward)], arguments[len(inward) :]
            function(*(flushed(a) if flush else a for a, flush in zip(given, inward, strict=True)), *outs)
            for out, flush in zip(outs, outward, strict=True):
                if flush:
                    np.copyto(out, flushed(out))

        return flushing
