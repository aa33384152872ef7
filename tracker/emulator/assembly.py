"""Reads the text that `clang -S` writes for an AMDGPU target: which kernels it holds and where their parts are.

Nothing is parsed before it is asked for: a file of a hundred kernels costs as much as the one that is launched.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from tracker.emulator.arch import Arch, archs
from tracker.emulator.faults import EmulationFault
from tracker.emulator.objects import DataObject, read_objects

# Each starts with a literal: files are tens of megabytes long, and such patterns are found fast.
_TARGET = re.compile(r'\.amdgcn_target\s+"[^"]*--([a-z0-9]+)[^"]*"')
_DESCRIPTOR = re.compile(r"\.amdhsa_kernel\s+(\S+)")
_DIRECTIVE = re.compile(r"\.amdhsa_(\w+)\s+(\S+)")
_SYMBOL = re.compile(r"\.symbol: +'?([^\s']+)\.kd'?")
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FILE = re.compile(r'\.file\s+(\d+)\s+"([^"]*)"(?:\s+"([^"]*)")?')


@dataclass(frozen=True)
class ArgumentSlot:
    """One entry of a kernel's `.args`: where the argument lies in the kernarg segment. Sizes in bytes."""

    offset: int
    size: int
    value_kind: str


@dataclass(frozen=True)
class KernelText:
    """One kernel's part of the file.

    `body` is its code from the line after the label to the descriptor, `start` its position in the file's text.
    """

    symbol: str
    body: str
    start: int
    directives: dict[str, int]
    arguments: tuple[ArgumentSlot, ...]
    kernarg_size: int
    max_threads: int
    """Work-items of the largest workgroup that the kernel may be launched with."""


class Assembly:
    """One assembly file. Raises EmulationFault (`launch error`) when it is not for a known AMDGPU target."""

    def __init__(self, text: str) -> None:
        self.text = text
        target = _TARGET.search(text)
        if not target:
            raise EmulationFault("launch error", "the assembly has no .amdgcn_target line; it is not for an AMD GPU")
        known = archs()
        if target[1] not in known:
            names = ", ".join(known)
            raise EmulationFault("launch error", f"the emulator does not know the target {target[1]}; it knows {names}")
        self.arch: Arch = known[target[1]]

    @cached_property
    def descriptors(self) -> dict[str, int]:
        """Where each kernel's descriptor starts in the text."""
        return {match[1]: match.start() for match in _DESCRIPTOR.finditer(self.text)}

    @cached_property
    def files(self) -> dict[int, str]:
        """Source files by their number in `.loc` directives."""
        return {int(match[1]): match[3] or match[2] for match in _FILE.finditer(self.text)}

    @cached_property
    def objects(self) -> dict[str, DataObject]:
        """Tables and variables by name."""
        return read_objects(self.text)

    def line_number(self, position: int) -> int:
        """The line (from 1) of a position in the text."""
        return self.text.count("\n", 0, position) + 1

    def kernel(self, symbol: str) -> KernelText:
        """The parts of one kernel. Raises EmulationFault (`launch error`) when the file has no such kernel."""
        if symbol not in self.descriptors:
            raise EmulationFault("launch error", f"the assembly has no kernel {symbol}")
        descriptor = self.descriptors[symbol]
        label = self.text.rindex(f"\n{symbol}:", 0, descriptor) + 1
        start = self.text.index("\n", label) + 1
        metadata = self._metadata(symbol)
        slots = metadata.get(".args") or []
        return KernelText(
            symbol=symbol,
            body=self.text[start:descriptor],
            start=start,
            directives=self._directives(descriptor),
            arguments=tuple(ArgumentSlot(a[".offset"], a[".size"], a[".value_kind"]) for a in slots),
            kernarg_size=metadata[".kernarg_segment_size"],
            max_threads=metadata.get(".max_flat_workgroup_size", 1024),
        )

    def _directives(self, descriptor: int) -> dict[str, int]:
        block = self.text[descriptor : self.text.index(".end_amdhsa_kernel", descriptor)]
        found = _DIRECTIVE.findall(block)
        return {key: int(value, 0) for key, value in found if re.fullmatch(r"-?(0x[0-9a-fA-F]+|\d+)", value)}

    @cached_property
    def _entries(self) -> dict[str, str]:
        """The metadata of each kernel, as YAML text by symbol."""
        start = self.text.find(".amdgpu_metadata")
        end = self.text.find(".end_amdgpu_metadata", start)
        kernels = self.text[start:end].partition("amdhsa.kernels:")[2]
        entries = re.split(r"^  - ", kernels, flags=re.M)[1:]
        return {match[1]: entry for entry in entries if (match := _SYMBOL.search(entry))}

    def _metadata(self, symbol: str) -> dict[str, Any]:
        entry = self._entries.get(symbol)
        if entry is None:
            raise EmulationFault("launch error", f"the assembly's metadata does not describe kernel {symbol}")
        # Keys of later sections stand at column 0; the entry's own are indented by four.
        own = re.split(r"^\S", "    " + entry, maxsplit=1, flags=re.M)[0]
        loaded: dict[str, Any] = yaml.load(own, Loader=_YAML)
        return loaded
