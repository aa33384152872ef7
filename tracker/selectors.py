"""Selectors: which kernels on which architectures. The same words in every command and in the TUI's filter.

`q5_1` a quant type; `dequantize_block_q5_1_f32` a symbol; `'mul_mat_vec_*_cuda3'` a glob; `family:dequantize`,
`type:q5_1`, `arch:gfx1100`, `state:failed`. Words joined by spaces must all hold, by commas any of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from db.views import NO_CELL, KernelStatus
from kernels.names import ggml_type
from tracker.errors import UsageError

Cell = tuple[KernelStatus, str]
"""A kernel and an arch."""
Test = Callable[[KernelStatus, str], bool]

PORT_STATES = ("missing", "drifted", "ported")
CELL_STATES = (
    "none",
    "build failed",
    "compiled",
    "emulation failed",
    "emulated",
    "verify failed",
    "verified",
    "unsupported",
)
STATES = (*PORT_STATES, *CELL_STATES, "failed", "stale")
"""`failed` is any of the three failures; `stale` a cell whose source changed since."""


@dataclass(frozen=True)
class Selection:
    """What a selector chose, in the order of the matrix."""

    cells: tuple[Cell, ...]

    @property
    def kernels(self) -> list[KernelStatus]:
        """The kernels with at least one chosen cell."""
        return list({id(kernel): kernel for kernel, _ in self.cells}.values())

    @property
    def archs(self) -> list[str]:
        """The archs with at least one chosen cell."""
        return list(dict.fromkeys(arch for _, arch in self.cells))


def select(text: str | Iterable[str], kernels: Sequence[KernelStatus], archs: Sequence[str]) -> Selection:
    """Choose cells. An empty selector chooses all of them.

    Raises UsageError with near matches when a word or the whole selector chooses nothing.
    """
    tests = [_any_of(word.split(","), kernels, archs) for word in words(text)]
    cells = tuple(_matching(tests, kernels, archs))
    if tests and not cells:
        raise UsageError(f"no kernel matches all of: {' '.join(words(text))}", "leave one of the words out")
    return Selection(cells)


def words(text: str | Iterable[str]) -> tuple[str, ...]:
    """A selector taken apart at its spaces, from one text or several command line arguments."""
    parts = [text] if isinstance(text, str) else text
    return tuple(word for part in parts for word in part.split())


def _matching(tests: Sequence[Test], kernels: Sequence[KernelStatus], archs: Sequence[str]) -> Iterator[Cell]:
    cells = ((kernel, arch) for kernel in kernels for arch in archs)
    yield from (cell for cell in cells if all(test(*cell) for test in tests)) if tests else cells


def _any_of(parts: Sequence[str], kernels: Sequence[KernelStatus], archs: Sequence[str]) -> Test:
    """The alternatives of one word. Raises UsageError for one that no kernel matches."""
    special = {part: _special(part) for part in parts if ":" in part or _is_glob(part)}
    for part, test in special.items():
        if next(_matching([test], kernels, archs), None) is None:
            raise _no_match(part, kernels, archs)
    plain = {part for part in parts if part and part not in special}
    return _either([_plain(plain, kernels, archs), *special.values()])


def _either(tests: Sequence[Test]) -> Test:
    return lambda kernel, arch: any(test(kernel, arch) for test in tests)


def _is_glob(text: str) -> bool:
    return any(character in text for character in "*?[")


def _plain(names: set[str], kernels: Sequence[KernelStatus], archs: Sequence[str]) -> Test:
    """Symbols and quant types written out. All at once: a front end may name thousands of symbols."""
    known = {name for kernel in kernels for name in (kernel.symbol, kernel.port_symbol, kernel.type)}
    for name in names:
        if name not in known and ggml_type(name) not in known:
            raise _no_match(name, kernels, archs)
    types = {ggml_type(name) for name in names}
    return lambda kernel, arch: kernel.symbol in names or kernel.port_symbol in names or kernel.type in types


def _special(text: str) -> Test:
    field, colon, value = text.partition(":")
    if not colon:
        return lambda kernel, arch: fnmatchcase(kernel.symbol, text) or fnmatchcase(kernel.port_symbol or "", text)
    if field not in FIELDS:
        near = get_close_matches(field, FIELDS, n=1)
        known = f"did you mean '{near[0]}:'?" if near else f"known are {', '.join(f'{name}:' for name in FIELDS)}"
        raise UsageError(f"unknown field in selector '{text}'", known)
    return FIELDS[field](value)


def _by_state(value: str) -> Test:
    state = value.replace("-", " ").replace("_", " ")
    if state not in STATES:
        near = get_close_matches(state, STATES, n=2) or STATES
        raise UsageError(f"unknown state '{value}'", f"known: {', '.join(name.replace(' ', '-') for name in near)}")

    def test(kernel: KernelStatus, arch: str) -> bool:
        cell = kernel.archs.get(arch, NO_CELL)
        if state == "stale":
            return not cell.fresh
        if state == "failed":
            return cell.state.endswith("failed")
        return state in (kernel.port, cell.state)

    return test


FIELDS: dict[str, Callable[[str], Test]] = {
    "family": lambda value: lambda kernel, arch: fnmatchcase(kernel.family, value),
    "type": lambda value: lambda kernel, arch: fnmatchcase(kernel.type, ggml_type(value)),
    "arch": lambda value: lambda kernel, arch: fnmatchcase(arch, value),
    "state": _by_state,
}


def _no_match(text: str, kernels: Sequence[KernelStatus], archs: Sequence[str]) -> UsageError:
    field, colon, value = text.partition(":")
    families, types = {kernel.family for kernel in kernels}, {kernel.type for kernel in kernels}
    known = {"family": families, "type": types, "arch": set(archs), "state": set()}.get(field if colon else "")
    if known is None:
        value, known = text, types | families | {kernel.symbol for kernel in kernels}
    near = get_close_matches(value, sorted(known - {""}), n=4, cutoff=0.5)
    prefix = f"{field}:" if colon else ""
    if near:
        return UsageError(f"no kernel matches '{text}'", f"near: {', '.join(prefix + name for name in near)}")
    return UsageError(f"no kernel matches '{text}'", "`kerntrack status` lists what there is")
