"""Tells programs that the compiler got wrong from those that the emulator got wrong, by the compiler's own dumps.

LLVM 22 with 16-bit registers (gfx11 and later) sometimes moves a uniform 16-bit value into half a vector register as
if it were a whole register: after the pass `si-fix-sgpr-copies` a REG_SEQUENCE takes a 32-bit register for a `lo16` or
`hi16` part, and the value is lost (a load of it disappears from the code). Such a program must agree
when compiled without 16-bit registers; otherwise the difference counts as the emulator's.
"""

import re

from tests.fuzz.build import compiler_messages
from tests.fuzz.tree import Program

_LOST_HALF = re.compile(r"REG_SEQUENCE.*:(?:vgpr_32|sreg_32)\b[^,]*, %subreg\.(?:lo16|hi16)")
_DUMP = ("-mllvm", "-print-after=si-fix-sgpr-copies")
WHOLE_REGISTERS = ("-Xclang", "-target-feature", "-Xclang", "-real-true16")
"""Options that make the compiler do without 16-bit registers."""


def loses_a_half(program: Program, arch: str, level: int) -> bool:
    """True when the compiler's own intermediate code of this program is malformed in the known way."""
    return bool(_LOST_HALF.search(compiler_messages(program, arch, level, _DUMP)))
