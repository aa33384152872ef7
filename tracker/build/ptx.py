"""Reading PTX, the text that stands for a code object on NVIDIA GPUs: kernels, parameters and hashes.

Registers and occupancy are decided by NVIDIA's driver when it translates the text; they are 0 here. (PTX ISA manual.)
"""

import hashlib
import re
from dataclasses import dataclass
from math import prod
from pathlib import Path

from tracker.build.archs import get_arch
from tracker.build.records import CodeObject, KernelObject
from tracker.errors import UsageError

_NOISE = re.compile(r"//.*|^\s*\.(?:loc|file|section)\b.*|^\$L__(?:tmp|func_)\w*:", re.MULTILINE)
_BLOCK = re.compile(r"\$L__BB\d+_")
_FUNCTION = re.compile(
    r"^(?:\.\w+ +)*\.(?P<kind>entry|func)\s+(?:\([^)]*\)\s*)?(?P<name>[\w$]+)(?P<head>[^{;]*)(?:\{.*?^\}|;)",
    re.MULTILINE | re.DOTALL,
)
_VARIABLE = re.compile(
    r"^(?:\.\w+ +)*\.(?:const|global|shared)\b[^;=\[]*?(?P<name>[\w$]+)\s*(?:\[|=|;)[^;]*;?", re.MULTILINE
)
_PARAMETER = re.compile(
    r"\.param\s+(?:\.align (?P<align>\d+) )?\.[busf](?P<bits>\d+)(?P<pointer> \.ptr\S*(?: \.\w+)*? \.align \d+)?"
    r"\s+[\w$]+(?:\[(?P<count>\d+)\])?"
)
_SHARED = re.compile(r"\.shared (?:\.align \d+ )?\.[busf](\d+)\s+[\w$]+(?:\[(\d+)\])?;")


@dataclass(frozen=True)
class _Definition:
    """A function or variable: its text without line numbers, comments and block numbers."""

    name: str
    text: str
    head: str = ""
    """Between an entry's name and its body: parameters and performance directives."""
    kernel: bool = False


def read(path: Path, text: str) -> CodeObject:
    """The kernels in PTX text. Raises UsageError when it names no target."""
    target = re.search(r"^\.target (sm_\d+)", text, re.MULTILINE)
    if target is None:
        raise UsageError(f"{path} is not PTX", "compile the kernel again")
    definitions = _definitions(_BLOCK.sub("$L__BB_", _NOISE.sub("", text)))
    wave_size = get_arch(target[1]).wave_size
    kernels = [_kernel(each, definitions, wave_size) for each in definitions.values() if each.kernel]
    return CodeObject(path, target[1], {kernel.symbol: kernel for kernel in kernels})


def _definitions(text: str) -> dict[str, _Definition]:
    functions = [_Definition(m["name"], m[0], m["head"], m["kind"] == "entry") for m in _FUNCTION.finditer(text)]
    variables = [_Definition(m["name"], m[0]) for m in _VARIABLE.finditer(_FUNCTION.sub("", text))]
    return {definition.name: definition for definition in (*variables, *functions)}


def _kernel(kernel: _Definition, definitions: dict[str, _Definition], wave_size: int) -> KernelObject:
    reached = _closure(kernel, definitions)
    shared = _SHARED.findall("\n".join(definition.text for definition in reached))
    threads = re.search(r"\.maxntid ([\d, ]+)", kernel.head)
    text = "\n".join(re.sub(r"\s+", " ", definition.text) for definition in reached)
    return KernelObject(
        symbol=kernel.name,
        code_hash=hashlib.sha256(text.encode()).hexdigest(),
        arguments=_arguments(kernel.head),
        wave_size=wave_size,
        vgprs=0,
        agprs=0,
        sgprs=0,
        lds=sum(int(bits) // 8 * int(count or 1) for bits, count in shared),
        scratch=0,
        vgpr_spills=0,
        sgpr_spills=0,
        max_threads=prod(int(size) for size in threads[1].split(",")) if threads else 1024,
        occupancy=0,
    )


def _closure(kernel: _Definition, definitions: dict[str, _Definition]) -> list[_Definition]:
    """The kernel and every function and variable that it names, directly or through another."""
    reached = [kernel]
    for definition in reached:  # grows while it is walked
        for word in re.findall(r"[\w$]+", definition.text):
            found = definitions.get(word)
            if found is not None and found not in reached:
                reached.append(found)
    return reached


def _arguments(head: str) -> tuple[tuple[str, int, int], ...]:
    arguments, end = [], 0
    for found in _PARAMETER.finditer(head):
        width = int(found["bits"]) // 8
        size = width * int(found["count"] or 1)
        align = int(found["align"] or width)
        offset = -(-end // align) * align
        arguments.append(("global_buffer" if found["pointer"] else "by_value", offset, size))
        end = offset + size
    return tuple(arguments)
