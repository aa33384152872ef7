"""The filter line: the command line's selectors, and besides them any part of a name, `!` for not, and more fields.

`file:` any part of a path; `port:` missing, drifted or ported; `batch:` a number; `contract:none` what no check covers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from db.views import KernelStatus
from kernels.contracts import VERSIONS
from tracker import selectors
from tracker.errors import UsageError
from tracker.signs import legend_states
from tracker.tui.entries import Entry

Predicate = Callable[[Entry], bool]
KernelTest = Callable[[KernelStatus], bool]

FIELDS = (*selectors.FIELDS, "file", "port", "batch", "contract")


class FilterError(ValueError):
    """The text is not a filter; the message says what to write instead."""


@dataclass(frozen=True)
class Filter:
    """A parsed filter. `archs` are the columns it leaves."""

    predicate: Predicate | None
    """None lets everything pass."""
    archs: tuple[str, ...]


def parse(text: str, archs: Sequence[str], only: frozenset[str] = frozenset()) -> Filter:
    """Read a filter for a matrix with columns `archs`; of the legend's states only those in `only` pass.

    Words must all hold, those about cells on one and the same architecture. Raises `FilterError`.
    """
    words = text.split()
    columns = _columns([word[5:] for word in words if word.startswith("arch:")], archs)
    tests = [_kernel_test(word, columns) for word in words if not word.startswith(("arch:", "state:"))]
    cells = [_cell_test(word) for word in words if word.startswith("state:")]
    if cells:
        tests.append(lambda entry: any(all(test(entry.kernel, arch) for test in cells) for arch in columns))
    if only:
        tests.append(_legend_test(only, columns))
    if len(tests) < 2:
        return Filter(tests[0] if tests else None, columns)
    return Filter(lambda entry: all(test(entry) for test in tests), columns)


def _legend_test(only: frozenset[str], archs: Sequence[str]) -> Predicate:
    """Looks at each kind of kernel once."""
    known: dict[str, bool] = {}

    def passes(entry: Entry) -> bool:
        if entry.kind not in known:
            known[entry.kind] = not only.isdisjoint(legend_states(entry.states, archs))
        return known[entry.kind]

    return passes


def _columns(wanted: Sequence[str], archs: Sequence[str]) -> tuple[str, ...]:
    found = tuple(arch for arch in archs if all(_any_glob(arch, value) for value in wanted))
    if not found and archs:
        raise FilterError(f"no column matches arch:{' arch:'.join(wanted)}; there are {', '.join(archs)}")
    return found


def _any_glob(name: str, patterns: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns.split(",") if pattern) or not patterns


def _cell_test(word: str) -> selectors.Test:
    """A word about cells, exactly as the command line understands it."""
    field, _, values = word.partition(":")
    try:
        tests = [selectors.FIELDS[field](value) for value in values.split(",") if value]
    except UsageError as error:
        raise FilterError(f"{error.message}; {error.remedy}") from error
    return lambda kernel, arch: not tests or any(test(kernel, arch) for test in tests)


def _kernel_test(word: str, archs: Sequence[str]) -> Predicate:
    if word.startswith("!") and len(word) > 1:
        inner = _kernel_test(word[1:], archs)
        return lambda entry: not inner(entry)
    field, colon, values = word.partition(":")
    if not colon or values.startswith(":"):  # a namespace is no field
        return _any([_text(part) for part in word.split(",") if part])
    if field not in FIELDS:
        near = get_close_matches(field, FIELDS, n=1) or FIELDS
        raise FilterError(f"no field '{field}:'; try {', '.join(near)}")
    if field in selectors.FIELDS:
        test = _cell_test(word)
        return lambda entry: any(test(entry.kernel, arch) for arch in archs)
    tests = [_field(field, value) for value in values.split(",") if value]
    return lambda entry: not tests or any(test(entry.kernel) for test in tests)


def _any(tests: Sequence[Predicate]) -> Predicate:
    if len(tests) == 1:
        return tests[0]
    return lambda entry: not tests or any(test(entry) for test in tests)


def _field(field: str, value: str) -> KernelTest:
    low = value.casefold()
    if field == "file":
        return lambda kernel: any(low in path.casefold() for path in paths(kernel))
    if field == "batch":
        return lambda kernel: str(kernel.batch or "") == value
    if field == "contract":
        return lambda kernel: (kernel.family in VERSIONS) != (low == "none")
    return lambda kernel: kernel.port.startswith(low)


def _text(part: str) -> Predicate:
    low = part.casefold()
    if "*" in low or "?" in low:
        return lambda entry: any(fnmatchcase(name.casefold(), low) for name in (entry.kernel.symbol, entry.kernel.name))
    return lambda entry: low in entry.text


def paths(kernel: KernelStatus) -> tuple[str, ...]:
    """The files a kernel stands in, baseline first."""
    return tuple(place.path for place in (kernel.baseline, kernel.port_location) if place)
