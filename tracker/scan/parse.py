"""One source file → its facts."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clang import cindex
from clang.cindex import CursorKind as Kind

from tracker.scan import clang
from tracker.scan.absent import absent_headers
from tracker.scan.arguments import TARGETS, parse_arguments
from tracker.scan.facts import Diagnostic, FileFacts, Finding, Kernel, Place, Side
from tracker.scan.hazards.find import find_hazards
from tracker.scan.hazards.source import Source
from tracker.scan.kernels import find_kernels
from tracker.scan.places import project_macros
from tracker.scan.reach import Definitions
from tracker.scan.sources import read_source
from tracker.scan.texts import Texts
from tracker.scan.unit import Unit, parse
from tracker.scan.unprinted import Unprinted

_SEVERITIES = ("note", "note", "warning", "error", "fatal")


def scan_file(
    path: Path,
    side: Side,
    *,
    include: tuple[Path, ...] = (),
    defines: tuple[str, ...] = (),
    root: Path | None = None,
) -> FileFacts:
    """Parse one file and tell what it holds. Raises UsageError when the file cannot be read."""
    root = (root or path.parent).resolve()
    texts = Texts(root)
    own = texts.path(str(path))
    sha256 = hashlib.sha256(read_source(path)).hexdigest()
    first, *others = TARGETS[side]
    facts, hides_more = _scan_target(path, parse_arguments(side, include, defines, root, first), own, texts)
    for target in others if hides_more else ():
        more, _ = _scan_target(path, parse_arguments(side, include, defines, root, target), own, texts)
        facts = _merge(facts, more)
    return FileFacts(own, side, sha256, **vars(facts))


@dataclass(frozen=True)
class _Found:
    """What one parse finds: the fields of `FileFacts` that depend on it."""

    dependencies: tuple[tuple[str, str], ...] = ()
    kernels: tuple[Kernel, ...] = ()
    helpers: tuple[str, ...] = ()
    structs: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    findings: tuple[Finding, ...] = ()


def _scan_target(path: Path, arguments: list[str], own: str, texts: Texts) -> tuple[_Found, bool]:
    """What is found for one architecture, and whether another one may have more kernels."""
    try:
        unit = parse(path, arguments)
    except cindex.TranslationUnitLoadError:
        failure = Diagnostic("fatal", Place(own, 1), 1, "libclang could not parse this file at all")
        return _Found(diagnostics=(failure,)), False
    diagnostics = tuple(_diagnostic(each, texts, own) for each in unit.translation_unit.diagnostics)
    macros = project_macros(unit, texts)
    unprinted = Unprinted(unit, texts, macros, diagnostics)
    found_kernels = find_kernels(unit, texts, macros, Definitions(unprinted))
    kernels = tuple(each.kernel for each in found_kernels)
    reach = {each.kernel.symbol: each.reached for each in found_kernels}
    found = _Found(
        dependencies=tuple(_headers(path, arguments, unit, texts, diagnostics)),
        kernels=kernels,
        helpers=_helpers(unit),
        structs=tuple(sorted({clang.spelling(cursor) for cursor in unit.records} - {""})),
        diagnostics=(*diagnostics, *_without_instance(unit, texts, own, kernels)),
        findings=find_hazards(Source(unit, texts, macros, diagnostics), kernels, reach),
    )
    return found, unprinted.hides_more()


def _merge(facts: _Found, more: _Found) -> _Found:
    """The first parse counts; another adds the kernels that only its architecture has, and what all of them reach."""
    others = {kernel.symbol: kernel for kernel in more.kernels}
    both = [_for_both(kernel, others.pop(kernel.symbol, kernel)) for kernel in facts.kernels]
    return _Found(
        dependencies=tuple(sorted({*facts.dependencies, *more.dependencies})),
        kernels=(*both, *others.values()),
        helpers=tuple(sorted({*facts.helpers, *more.helpers})),
        structs=tuple(sorted({*facts.structs, *more.structs})),
        diagnostics=tuple(dict.fromkeys((*facts.diagnostics, *more.diagnostics))) if others else facts.diagnostics,
        findings=facts.findings,
    )


def _for_both(kernel: Kernel, other: Kernel) -> Kernel:
    joined = hashlib.sha256((kernel.fingerprint + other.fingerprint).encode()).hexdigest()
    return replace(kernel, fingerprint=joined)


def _without_instance(unit: Unit, texts: Texts, main: str, kernels: Sequence[Kernel]) -> Iterator[Diagnostic]:
    """Notes on kernel templates of which the file names no instance, so that nobody looks for their kernels."""
    names = {kernel.name.partition("<")[0] for kernel in kernels}
    for cursor in unit.templates:
        start = clang.position(clang.lib.clang_getCursorLocation(cursor))
        name = clang.qualified_name(cursor)
        mine = texts.path(start.file) == main and Kind.CUDAGLOBAL_ATTR.value in clang.attributes(cursor)
        if mine and name not in names:
            message = f"kernel template '{name}' makes no kernel: this file names no instance of it"
            yield Diagnostic("note", texts.place(start.file, start.line), 1, message)


def _headers(
    path: Path, arguments: Sequence[str], unit: Unit, texts: Texts, diagnostics: Sequence[Diagnostic]
) -> list[tuple[str, str]]:
    """Headers with their hashes, and those that must stay absent for all this to hold, with none."""
    files = {inclusion.include.name for inclusion in unit.translation_unit.get_includes()}
    found = {(texts.path(file), hashlib.sha256(texts.content(file)).hexdigest()) for file in files}
    missing = (re.fullmatch(r"'(.+)' file not found.*", each.message) for each in diagnostics)
    names = [match[1] for match in missing if match]
    absent = absent_headers(path, arguments, files, names, lambda file: not Path(texts.path(file)).is_absolute())
    return sorted(found | {(texts.path(file), "") for file in absent})


def _helpers(unit: Unit) -> tuple[str, ...]:
    device = (each for each in (*unit.functions, *unit.templates) if _is_helper(each))
    return tuple(sorted({clang.spelling(cursor) for cursor in device}))


def _is_helper(cursor: clang.Cursor) -> bool:
    return Kind.CUDADEVICE_ATTR.value in clang.attributes(cursor)


def _diagnostic(found: Any, texts: Texts, main: str) -> Diagnostic:
    """A message of the command line, which stands nowhere, is put at the file's first line."""
    location = found.location
    place = texts.place(location.file.name, location.line) if location.file else Place(main, 1)
    return Diagnostic(_SEVERITIES[found.severity], place, location.column or 1, found.spelling)
