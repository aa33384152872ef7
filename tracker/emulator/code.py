"""A kernel's code, split into straight-line segments that are decoded when they are first reached."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tracker.emulator.assembly import Assembly
from tracker.emulator.bind import Context, Step, common
from tracker.emulator.decode import controls, decode, writes_exec
from tracker.emulator.faults import EmulationFault, UnknownInstructionError
from tracker.emulator.floatmode import FloatMode
from tracker.emulator.image import Image
from tracker.emulator.instruction import Instruction, parse
from tracker.emulator.names import canonical, without_effect
from tracker.emulator.ops.special import CODE_BASE

_DISTANCE = re.compile(r"\(([.\w$]+)-([.\w$]+)\)(&4294967295|>>32)")

_ADDRESS = re.compile(r"([A-Za-z_.$][\w.$]*)@(rel32|gotpcrel32|abs32)@(lo|hi)([+-]\d+)?")

_DENORMALS = (("32", 0), ("16_64", 3))
"""Directives and their defaults (AMDGPUUsage, "AMDHSA Kernel Assembler Directives")."""
_ROUNDING = ("float_round_mode_32", "float_round_mode_16_64")

FULL, LANES, WAVES = 0, 1, 2
"""How a segment runs: all lanes of all waves; all waves, some lanes; some waves."""


@dataclass
class Segment:
    """Instructions `start` to `stop` - 1, which run without a branch between them and under one EXEC."""

    start: int
    stop: int
    instructions: list[Instruction]
    steps: list[list[Step] | None] = field(default_factory=lambda: [None, None, None])
    waves: int = 0
    """Waves that ran it, counted each time."""
    lanes: int = 0
    """Active lanes of those waves."""
    end: Callable[[Any], int] | None = None
    """What the scheduler does behind the last instruction; set by the scheduler's module."""

    @property
    def last(self) -> Instruction:
        """The instruction that ends the segment."""
        return self.instructions[-1]


class Code:
    """One kernel's instructions. Parsing is cheap and done at once; decoding is done per segment."""

    def __init__(self, assembly: Assembly, symbol: str) -> None:
        self.symbol, self.text = symbol, assembly.kernel(symbol)
        wave = 32 if self.text.directives.get("wavefront_size32", 0) else 64
        self.context = Context(assembly.arch, wave, common(assembly.arch.name, wave))
        self.needed: list[int] = []
        """Numbers of the slots that the code decoded so far uses."""
        self._known: set[int] = set()
        self._float_mode = self._read_float_mode()
        self.segments: dict[int, Segment] = {}
        self.labels: dict[str, int] = {}
        self._assembly = assembly
        self._lines: list[tuple[str, int, str]] = []
        """Text, line (from 0 at the kernel's start) and `.loc` directive of each instruction."""
        self._locations: dict[str, str] = {"": ""}
        """`file:line` by `.loc` directive."""
        self._scan()
        self._targets = self._branch_targets()
        self.image = Image(assembly.objects, self._referenced()) if "32@" in self.text.body else Image({}, ())

    def _read_float_mode(self) -> FloatMode:
        """Only rounding to nearest even is known; anything else is refused, not guessed."""
        directives = self.text.directives
        for key in _ROUNDING:
            if directives.get(key, 0):
                raise EmulationFault(
                    "unknown instruction",
                    f"kernel {self.symbol} runs with .amdhsa_{key} {directives[key]}; the emulator only knows 0",
                )
        denormals = (directives.get(f"float_denorm_mode_{which}", default) for which, default in _DENORMALS)
        return FloatMode(*denormals)

    def _scan(self) -> None:
        location = ""
        for number, line in enumerate(self.text.body.split("\n")):
            if line.startswith("\t.") or line.startswith(";"):
                if line.startswith("\t.loc"):
                    location = line
                elif line.startswith("\t.section"):
                    break
                continue
            code = line.partition(";")[0].strip()
            if not code:
                continue
            if code[-1] == ":":
                self.labels[code[:-1]] = len(self._lines)
            elif code[0] != ".":
                self._lines.append((code, number, location))

    @cached_property
    def _first_line(self) -> int:
        return self._assembly.line_number(self.text.start)

    def line(self, ins: Instruction) -> int:
        """The line of an instruction in the assembly file."""
        return self._first_line + ins.line

    def place(self, ins: Instruction) -> str:
        """Where an instruction stands, for messages."""
        return f"{ins.location}, assembly line {self.line(ins)}" if ins.location else f"assembly line {self.line(ins)}"

    def _branch_targets(self) -> frozenset[int]:
        branches = (code for code, _, _ in self._lines if code.startswith(("s_cbranch", "s_branch")))
        labels = (code.split()[-1] for code in branches)
        return frozenset(self.labels[label] for label in labels if label in self.labels)

    def segment(self, start: int) -> Segment:
        """The segment that begins at instruction `start`."""
        found = self.segments.get(start)
        if found is None:
            found = self.segments[start] = self._cut(start)
        return found

    def build(self, segment: Segment, mode: int) -> list[Step]:
        """Decode a segment for a mode. Raises EmulationFault (`unknown instruction`)."""
        with self.context.common.lock:
            return self._build(segment, mode)

    def _build(self, segment: Segment, mode: int) -> list[Step]:
        used = self.context.slots.used
        used.clear()
        self.context.masks.clear()
        self.context.relative = frozenset()
        self.context.float_mode = self._float_mode
        steps: list[Step] = []
        for ins in segment.instructions:
            if ins.name not in without_effect():
                steps += self._decode(ins, mode)
        if self.context.float_mode != self._float_mode:
            raise self.unknown(segment.last, "the float mode is changed beyond straight-line code")
        fresh = dict.fromkeys(used).keys() - self._known
        self._known |= fresh
        self.needed += fresh
        segment.steps[mode] = steps
        return steps

    def forget_counts(self) -> None:
        """Start counting executed segments anew."""
        for segment in self.segments.values():
            segment.waves = segment.lanes = 0

    def target(self, ins: Instruction) -> int:
        """The instruction a branch goes to."""
        label = ins.operands[-1]
        if label not in self.labels:
            raise self.unknown(ins, f"label {label}")
        return self.labels[label]

    def unknown(self, ins: Instruction, what: str) -> EmulationFault:
        """The fault for something this emulator does not know."""
        return EmulationFault(
            "unknown instruction",
            f"{ins.text!r} in kernel {self.symbol} ({self.place(ins)}) on {self.context.arch.name}: {what}",
        )

    def has(self, index: int) -> bool:
        """True if there is an instruction number `index`."""
        return 0 <= index < len(self._lines)

    def segment_before(self, index: int) -> Instruction:
        """The instruction in front of instruction `index`."""
        return self._instruction(index - 1)

    def _decode(self, ins: Instruction, mode: int) -> list[Step]:
        try:
            return decode(self.context, ins, mode)
        except UnknownInstructionError as error:
            raise self.unknown(ins, str(error)) from None

    def _instruction(self, index: int) -> Instruction:
        text, line, directive = self._lines[index]
        if "\t" in text:
            text = text.replace("\t", " ")
        if "(." in text:
            text = _DISTANCE.sub(self._distance, text)
        elif "32@" in text:
            text = _ADDRESS.sub(lambda match: self._address(match, index), text)
        raw, operands, modifiers = parse(text.partition(" :: ")[0] if " :: " in text else text)
        location = self._locations.get(directive)
        if location is None:
            location = self._locations[directive] = self._location(directive)
        return Instruction(text, raw, canonical(raw), operands, modifiers, index, line, location)

    def _location(self, directive: str) -> str:
        """`file:line` of a `.loc` directive."""
        _, number, row, *_ = directive.split(None, 3)
        return f"{self._assembly.files.get(int(number), number)}:{row}"

    def _distance(self, match: re.Match[str]) -> str:
        """The number for a distance between two labels; instructions count as 4 bytes (see `ops.special`)."""
        distance = 4 * (self.labels[match[1]] - self.labels[match[2]])
        return str(distance & 0xFFFFFFFF if match[3][0] == "&" else (distance >> 32) & 0xFFFFFFFF)

    def _referenced(self) -> set[str]:
        """Symbols that the code takes the address of."""
        return {match[1] for text, _, _ in self._lines for match in _ADDRESS.finditer(text)}

    def _address(self, match: re.Match[str], index: int) -> str:
        """One half of a symbol's address, or of its distance from the place where the number stands in the code."""
        symbol, kind, part, addend = match.groups()
        address = (self.image.pointers if kind == "gotpcrel32" else self.image.addresses)[symbol] + int(addend or 0)
        if kind != "abs32":
            address -= self._place_of_number(index)
        return f"0x{(address >> (32 if part == 'hi' else 0)) & 0xFFFFFFFF:x}"

    def _place_of_number(self, index: int) -> int:
        """The address of the number behind instruction `index` as the s_getpc_b64 before it sees it, from which on
        instructions have their true length: 4 bytes, and 4 for a number like this one."""
        place, first = 4, index - 1
        while first >= 0 and not self._lines[first][0].startswith("s_getpc_b64"):
            place += 8 if "@" in self._lines[first][0] else 4
            first -= 1
        return CODE_BASE + 4 * (first + 1) + place

    def _cut(self, start: int) -> Segment:
        instructions = []
        index = start
        while True:
            if index >= len(self._lines):
                raise EmulationFault("launch error", f"kernel {self.symbol} runs past its last instruction")
            ins = self._instruction(index)
            instructions.append(ins)
            index += 1
            if controls(ins) or index in self._targets or writes_exec(ins):
                return Segment(start, index, instructions)
