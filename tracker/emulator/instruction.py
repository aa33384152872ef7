"""Takes the text of instructions and operands apart. Knows syntax, no semantics."""

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal

from tracker.emulator.faults import UnknownInstructionError

_SUFFIX = re.compile(r"_(e32|e64|sdwa|dpp|e64_dpp|dpp8|e64_dpp8)$")
_REGISTER = re.compile(r"([vsa]|ttmp)(?:(\d+)|\[(\d+)(?::(\d+))?\])(?:\.([lh]))?$")
_INTEGER = re.compile(r"-?\d+$")
_FLOAT = re.compile(r"-?\d+\.\d+(e[+-]?\d+)?$")
_HEX = re.compile(r"-?0x[0-9a-fA-F]+$")

# Numbers of the scalar register file as this emulator lays it out; s0 to s105 come first.
VCC, TTMP, M0, NULL, EXEC, FLAT_SCRATCH, XNACK, SCALARS = 106, 108, 124, 125, 126, 128, 130, 132
ACCUMULATORS = 512
"""Number of the first accumulation register (a0) in the vector register file."""

SHARED_APERTURE, PRIVATE_APERTURE = 0x1_0000, 0x2_0000
"""Upper halves of flat addresses that mean LDS and scratch."""

_APERTURES = {"src_shared_base": SHARED_APERTURE << 32, "src_private_base": PRIVATE_APERTURE << 32}

_SPECIAL = {
    "vcc": (VCC, 2),
    "vcc_lo": (VCC, 1),
    "vcc_hi": (VCC + 1, 1),
    "exec": (EXEC, 2),
    "exec_lo": (EXEC, 1),
    "exec_hi": (EXEC + 1, 1),
    "m0": (M0, 1),
    "null": (NULL, 1),
    "flat_scratch": (FLAT_SCRATCH, 2),
    "flat_scratch_lo": (FLAT_SCRATCH, 1),
    "flat_scratch_hi": (FLAT_SCRATCH + 1, 1),
    "xnack_mask": (XNACK, 2),
}


@dataclass(frozen=True)
class Operand:
    """One operand.

    `kind`: `v` vector register, `s` scalar register, `int` inline integer, `float` inline float, `literal` 32 bits,
    `off`, `scc`. `index` is the register number, `count` the number of registers, `value` a constant's value,
    `half` 0 or 1 for `.l` and `.h`, None for a whole register.
    """

    kind: Literal["v", "s", "int", "float", "literal", "off", "scc"]
    index: int = 0
    count: int = 1
    value: float = 0
    half: int | None = None
    negative: bool = False
    absolute: bool = False
    extended: bool = False
    """`sext(…)`: sign extended after selection (SDWA)."""

    @property
    def is_register(self) -> bool:
        """True for vector and scalar registers."""
        return self.kind in ("v", "s")


@dataclass(slots=True)
class Instruction:
    """One line of code.

    `raw` is the mnemonic as written, `name` the operation's (see `names`), `index` its number in the kernel, `line` its
    line in the assembly file, `location` the source position (`file:line`) or an empty string.
    """

    text: str
    raw: str
    name: str
    operands: tuple[str, ...]
    modifiers: dict[str, str] = field(default_factory=dict)
    index: int = 0
    line: int = 0
    location: str = ""

    @property
    def mnemonics(self) -> tuple[str, ...]:
        """Mnemonics as written: one, or two of a VOPD pair."""
        if " :: " not in self.text:
            return (self.raw,)
        second = self.text.partition(" :: ")[2]
        return self.raw, second.partition(" ")[0]

    def operand(self, number: int) -> Operand:
        """The number-th operand, taken apart."""
        if number >= len(self.operands):
            raise UnknownInstructionError(f"operand {number + 1} is missing")
        return operand(self.operands[number])


def base_name(raw: str) -> str:
    """A mnemonic without encoding suffix and VOPD prefix."""
    return _SUFFIX.sub("", raw.replace("v_dual_", "v_", 1))


@lru_cache(maxsize=1 << 16)
def parse(text: str) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Split an instruction into mnemonic, operands and modifiers (a bare modifier's value is empty)."""
    raw, _, rest = text.partition(" ")
    if not rest:
        return raw, (), _NO_MODIFIERS
    *operands, end = rest.split(", ")
    if " " not in end and ":" not in end:
        return raw, (*operands, end), _NO_MODIFIERS
    last, *extra = end.split(" ")
    if ":" in last and "[" not in last.partition(":")[0]:
        extra.append(last)
    else:
        operands.append(last)
    return raw, tuple(operands), dict(_modifier(word) for word in extra if word)


_NO_MODIFIERS: dict[str, str] = {}


def _modifier(word: str) -> tuple[str, str]:
    key, _, value = word.partition(":")
    return key, value


@cache
def operand(token: str) -> Operand:
    """Take one operand apart. Raises UnknownInstructionError when it is none of the known forms."""
    inner, negative, absolute, extended = _unwrap(token)
    found = _register(inner) or _constant(inner, token)
    if not (negative or absolute or extended):
        return found
    return Operand(found.kind, found.index, found.count, found.value, found.half, negative, absolute, extended)


def _unwrap(token: str) -> tuple[str, bool, bool, bool]:
    extended = token.startswith("sext(")
    if extended:
        token = token[5:-1]
    negative = token.startswith("-") and not token[1:2].isdigit()
    token = token[1:] if negative else token
    if token.startswith("neg("):
        token, negative = token[4:-1], True
    absolute = token.startswith("|")
    return token.strip("|"), negative, absolute, extended


def _register(token: str) -> Operand | None:
    if token in _SPECIAL:
        index, count = _SPECIAL[token]
        return Operand("s", index, count)
    if token == "off":
        return Operand("off")
    if token in ("scc", "src_scc"):
        return Operand("scc")
    match = _REGISTER.match(token)
    if not match:
        return None
    bank, single, first, last, half = match.groups()
    index = int(single or first)
    count = int(last) - index + 1 if last else 1
    index += {"v": 0, "s": 0, "a": ACCUMULATORS, "ttmp": TTMP}[bank]
    return Operand("v" if bank in "va" else "s", index, count, half=None if half is None else "lh".index(half))


def _constant(inner: str, token: str) -> Operand:
    if _INTEGER.match(inner):
        return Operand("int", value=int(inner))
    if _FLOAT.match(inner):
        return Operand("float", value=float(inner))
    if _HEX.match(inner):
        return Operand("literal", value=int(inner, 16))
    if inner in _APERTURES:
        return Operand("int", value=_APERTURES[inner])
    raise UnknownInstructionError(f"operand {token!r}")
