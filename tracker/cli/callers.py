"""What Rust callers ask for and do not get, for `gap` and reports."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from tracker.scan.callers.compare import CallerGap, Misfit, Unanswered

LIMIT = 6
"""Lines of each kind; the rest is counted."""


def document(found: CallerGap | None) -> dict[str, Any] | None:
    """The JSON form; null when no Rust source was scanned."""
    if found is None:
        return None
    return {
        "not_in_cuda": [_request(each) for each in found.not_in_cuda],
        "not_in_hip": [_request(each) for each in found.not_in_hip],
        "never_asked": [each.symbol for each in found.never_asked],
        "misfits": [{**_request(Unanswered(each.request)), "reason": each.reason} for each in found.misfits],
    }


def _request(each: Unanswered) -> dict[str, Any]:
    asked = each.request
    place = {"path": asked.place.path, "line": asked.place.line, "function": asked.function}
    return {"name": asked.name, "exact": asked.exact, **place, "instead": each.instead}


def rows(found: CallerGap | None) -> list[tuple[str, str]]:
    """For `gap --format`: a kernel's name and what is wrong about it."""
    if found is None:
        return []
    asked = [("not in CUDA", each) for each in found.not_in_cuda] + [("not in HIP", each) for each in found.not_in_hip]
    return [
        *((each.request.name, _state(state, each)) for state, each in asked),
        *((each.symbol, "never asked for") for each in found.never_asked),
        *((each.kernel, f"misfit: {each.reason}") for each in found.misfits),
    ]


def _state(state: str, each: Unanswered) -> str:
    return f"{state}; there is {each.instead}" if each.instead and state == "not in HIP" else state


def lines(found: CallerGap | None) -> Iterator[Text]:
    """For a terminal."""
    if found is None:
        yield Text("callers: no Rust source was scanned (--rust PATH, or `rust` in kerntrack.toml)", "dim")
        return
    yield from _unanswered("asked for by Rust, not in CUDA", found.not_in_cuda)
    yield from _unanswered("asked for by Rust, not in HIP", found.not_in_hip)
    yield from _section("in HIP, never asked for", [each.symbol for each in found.never_asked])
    yield from _section("launched in a way that contradicts the kernel", [_misfit(each) for each in found.misfits])


def _unanswered(title: str, each: Sequence[Unanswered]) -> Iterator[Text]:
    yield from _section(title, [_asked(one) for one in each])


def _asked(each: Unanswered) -> str:
    instead = f"; there is {each.instead}" if each.instead else ""
    return f"{each.request.name}  ({each.request.place.path}:{each.request.place.line}){instead}"


def _misfit(each: Misfit) -> str:
    return f"{each.kernel}  ({each.request.place.path}:{each.request.place.line}): {each.reason}"


def _section(title: str, items: Sequence[str]) -> Iterator[Text]:
    yield Text(f"{len(items)} {title}", "bold")
    for item in items[:LIMIT]:
        yield Text(f"  {item}")
    if len(items) > LIMIT:
        yield Text(f"  and {len(items) - LIMIT} more; --json lists all", "dim")
