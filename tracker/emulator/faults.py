"""How a run stops before its end."""

from typing import Literal

FaultKind = Literal[
    "out of bounds",
    "uninitialised read",
    "write to constant",
    "race",
    "barrier divergence",
    "step limit",
    "unknown instruction",
    "launch error",
]


class EmulationFault(Exception):
    """What the kernel, the launch or the assembly did wrong.

    `message` is one sentence with kernel, instruction, source line, lane, workgroup, buffer and offset where known.
    """

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class UnknownInstructionError(Exception):
    """An instruction, operand or modifier without a meaning here; the decoder adds where it stands."""
