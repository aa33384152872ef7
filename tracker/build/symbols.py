"""The kernels of a code object by its symbol table alone: metadata is not asked."""

from io import BytesIO
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tracker.errors import UsageError

DESCRIPTOR = ".kd"
"""Suffix of the symbol of a kernel's descriptor (LLVM AMDGPUUsage, "Symbols")."""


def kernel_symbols(path: Path) -> set[str]:
    """Names with both a function and a kernel descriptor. Raises UsageError when the file is no code object."""
    try:
        elf = ELFFile(BytesIO(path.read_bytes()))
        tables = [section for section in elf.iter_sections() if isinstance(section, SymbolTableSection)]
        defined = {
            symbol.name for table in tables for symbol in table.iter_symbols() if symbol["st_shndx"] != "SHN_UNDEF"
        }
    except (OSError, ELFError) as error:
        raise UsageError(f"{path} is not a code object for AMD GPUs ({error})", "compile the kernel again") from error
    return {name for name in defined if name + DESCRIPTOR in defined}
