"""Asks three times, in ways that share nothing, whether the port has a kernel: text search, syntax tree, symbols."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from db.views import KernelFacts, KernelStatus, SourceFile
from kernels import INCLUDE
from tracker.build.symbols import kernel_symbols
from tracker.config import Project
from tracker.errors import UsageError
from tracker.reports.model import Answers, Count
from tracker.scan.pairing import RenameRules

_WORD = re.compile(r"\w+")
_BOUNDS = r"(?:__launch_bounds__\s*\([^)]*\)\s*)?"
_SPELLED_KERNEL = re.compile(rf"__global__\s+{_BOUNDS}(?:static\s+)?void\s+{_BOUNDS}(\w+)")
TREE = "syntax tree"


@dataclass(frozen=True)
class Found:
    """What each way knows of the HIP side."""

    words: Mapping[str, str] | None
    """Every word of the HIP files and where it stands first; None when no file could be read."""
    symbols: Mapping[str, Mapping[str, frozenset[str]]]
    """Per arch and HIP source the kernels in the code object built from it."""
    facts: Mapping[str, KernelFacts]
    """HIP kernels by symbol."""


def look(
    project: Project,
    sources: Sequence[SourceFile],
    hip: Sequence[KernelFacts],
    objects: Mapping[str, Mapping[str, Path]],
) -> Found:
    """Read files and code objects. `objects` are those built from the present sources, by arch and source."""
    return Found(
        words_of(project, sources),
        {arch: dict(_symbols(paths)) for arch, paths in objects.items()},
        {kernel.symbol: kernel for kernel in reversed(hip)},
    )


def words_of(project: Project, sources: Sequence[SourceFile]) -> dict[str, str] | None:
    """Words of the sources and of the project's headers that they include, comments and all: as grep would see them."""
    names = dict.fromkeys(each.path for each in sources)
    names |= dict.fromkeys(path for each in sources for path, _sha in each.dependencies)
    found: dict[str, str] = {}
    read = 0
    for name in names:
        path = project.root / name
        if path.is_relative_to(INCLUDE) or not path.is_file():
            continue
        read += 1
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            for word in _WORD.findall(line):
                found.setdefault(word, f"{name}:{number}")
    return found if read else None


def _symbols(objects: Mapping[str, Path]) -> Iterator[tuple[str, frozenset[str]]]:
    """By source; code objects that can no longer be read are left out."""
    for source, path in objects.items():
        with suppress(UsageError):
            yield source, frozenset(kernel_symbols(path))


def ask(kernels: Sequence[KernelStatus], found: Found, rules: RenameRules) -> Iterator[Answers]:
    """For every CUDA kernel."""
    for kernel in kernels:
        if kernel.baseline:
            names = tuple(dict.fromkeys(rules.candidates(kernel.symbol)))
            yield _ask(kernel, names, found)


def _ask(kernel: KernelStatus, names: Sequence[str], found: Found) -> Answers:
    text = None if found.words is None else any(name in found.words for name in names)
    tree = kernel.port != "missing"
    port = found.facts.get(kernel.port_symbol or "")
    objects = {arch: _built(names, port, there) for arch, there in found.symbols.items()}
    reason = "; ".join(_reasons(kernel, names, found, text, objects))
    return Answers(kernel.symbol, text, tree, objects, reason)


def _built(names: Sequence[str], port: KernelFacts | None, there: Mapping[str, frozenset[str]]) -> bool | None:
    """Whether code objects have one of the names; None where the port's own source, or any, was not built."""
    if any(name in symbols for symbols in there.values() for name in names):
        return True
    return False if (port.source in there if port else there) else None


def _reasons(
    kernel: KernelStatus,
    names: Sequence[str],
    found: Found,
    text: bool | None,
    objects: Mapping[str, bool | None],
) -> Iterator[str]:
    port = found.facts.get(kernel.port_symbol or "")
    if text is False and port:
        how = f"macro {port.macro} at {port.macro_path}:{port.macro_line}" if port.macro else f"{port.path}:{port.line}"
        yield f"spelled nowhere: {how} makes it"
    if text and not port:
        place = next(found.words[name] for name in names if found.words and name in found.words)
        yield f"only mentioned at {place}: no kernel"
    for expected, words in ((True, "in the syntax tree, but in no code object for"), (False, "in a code object for")):
        archs = [arch for arch, has in objects.items() if has is not None and has != expected]
        if archs and bool(port) == expected:
            yield f"{words} {', '.join(archs)}" + ("" if expected else ", but not in the syntax tree")


def counts(
    project: Project,
    sources: Callable[[str], Sequence[SourceFile]],
    facts: Mapping[str, Sequence[KernelFacts]],
    symbols: Mapping[str, Mapping[str, frozenset[str]]],
    asked: int | None,
) -> Iterator[Count]:
    """How many kernels each side has, by each way of counting."""
    for side in ("cuda", "hip"):
        files = [project.root / each.path for each in sources(side) if not each.origin]
        there = [path for path in files if path.is_file()]
        spelled = {name for path in there for name in _spelled(path)}
        note = "names in `__global__ void NAME` as a search sees them; macros and templates hide names from it"
        yield Count(side, "text search", len(spelled) if there else None, note if there else "no source at hand")
        yield Count(side, TREE, len({each.symbol for each in facts[side]}), "macros expanded, templates instantiated")
    for arch, built in symbols.items():
        names = set().union(*built.values())
        note = f"kernel descriptors in the symbol tables of {len(built)} files" if built else "nothing is built"
        yield Count("hip", f"code objects for {arch}", len(names) if built else None, note)
    yield Count("rust", "callers", asked, "names asked for" if asked is not None else "no Rust source was scanned")


def _spelled(path: Path) -> set[str]:
    return set(_SPELLED_KERNEL.findall(path.read_text(encoding="utf-8", errors="replace")))
