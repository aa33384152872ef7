"""`kerntrack gap`: what the port lacks."""

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.actions.gap import PORTS, Gap, Group, Name, Waiting, gap
from tracker.cli import callers
from tracker.cli.documents import SCHEMA
from tracker.cli.hazards import STYLES
from tracker.cli.session import Session
from tracker.cli.tables import Listing, print_json, print_lines, print_listing
from tracker.errors import ExitCode


def run(session: Session, format: str | None) -> ExitCode:
    """Print the gap. Bad news only for whoever reads it: the exit code is good."""
    found = gap(session.project())
    session.counts.update({state: sum(map(len, lists)) for state, lists in _ports(found.groups).items()})
    if format == "json":
        print_json(document(found))
    elif format == "jsonl":
        rows = listing(found)
        print_lines(dict(zip(rows.headings, row, strict=True)) for row in rows.rows)
    elif format:
        print_listing(session.stdout(), listing(found), format)
    else:
        _print_screen(session.stdout(), found)
    return ExitCode.GOOD


def document(found: Gap) -> dict[str, object]:
    """The JSON form."""
    return {
        "schema": SCHEMA,
        "totals": {
            "kernels": {state: sum(map(len, lists)) for state, lists in _ports(found.groups).items()},
            "lines": found.lines,
            "structs": _states(found.structs),
            "helpers": _states(found.helpers),
        },
        "kernels": [vars(group) for group in found.groups],
        "structs": [vars(name) for name in found.structs],
        "helpers": [vars(name) for name in found.helpers],
        "callers": callers.document(found.callers),
        "hazards": [vars(each) for each in found.hazards],
    }


def _ports(groups: Iterable[Group]) -> dict[str, list[tuple[str, ...]]]:
    return {state: [getattr(group, state) for group in groups] for state in PORTS}


def _states(names: Iterable[Name]) -> dict[str, int]:
    states = [name.state for name in names]
    return {state: states.count(state) for state in ("present", "missing", "replaced", "unused")}


def listing(found: Gap) -> Listing:
    """A row per missing or drifted kernel, missing struct and helper, caller that does not fit, hazard's rule."""
    rows = [
        ("kernel", symbol, state, group.family, group.type)
        for group in found.groups
        for state, symbols in (("drifted", group.drifted), ("missing", group.missing))
        for symbol in symbols
    ]
    for kind, names in (("struct", found.structs), ("helper", found.helpers)):
        missing = (name for name in names if name.state == "missing")
        rows += [(kind, each.name, each.state, " ".join(each.waiting), " ".join(each.types)) for each in missing]
    rows += [("caller", name, state, "", "") for name, state in callers.rows(found.callers)]
    rows += [("hazard", each.rule, f"{each.severity} ({each.kernels} kernels)", "", "") for each in found.hazards]
    return Listing(("kind", "name", "state", "family", "type"), tuple(rows), frozenset({"state"}))


def _print_screen(console: Console, found: Gap) -> None:
    console.print(_kernels(found.groups))
    if found.lines:
        total, ported = sum(found.lines.values()), found.lines["ported"]
        console.print(Text(f"{total - ported} of {total} lines of CUDA kernels are not ported", "bold"))
    for title, names in (("block structures", found.structs), ("helper functions", found.helpers)):
        counts = _states(names)
        rest = ", ".join(
            f"{counts[state]} {words}"
            for state, words in (
                ("present", "there by name"),
                ("replaced", "not needed by the ports there are"),
                ("unused", "needed by no kernel"),
            )
            if counts[state]
        )
        console.print(
            Text(f"{counts['missing']} of {len(names)} {title} missing", "bold"), Text(f"({rest})" if rest else "")
        )
        console.print(_names(names))
    for line in (*callers.lines(found.callers), *_hazards(found.hazards)):
        console.print(line)
    console.print(Text("--format md|csv|json lists every kernel by name", "dim"))


def _hazards(found: Sequence[Waiting]) -> Iterator[Text]:
    if not found:
        return
    yield Text(f"{len(found)} rules find hazards in CUDA code that is not ported yet", "bold")
    for each in found:
        places = f"{each.places} place{'s' * (each.places != 1)}, {each.kernels} kernels"
        yield Text.assemble("  ", (each.severity, STYLES[each.severity]), f"  {each.rule}: {each.title} ({places})")
    yield Text("  `kerntrack hazards` says where, why and what to do", "dim")


def _kernels(groups: Sequence[Group]) -> Table:
    total, missing = sum(group.total for group in groups), sum(len(group.missing) for group in groups)
    drifted = sum(len(group.drifted) for group in groups)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("family", "all")
    for heading, number in (("kernels", total), ("drifted", drifted), ("missing", missing)):
        table.add_column(heading, str(number), justify="right")
    table.add_column("types missing (kernels)", overflow="fold")
    for family in dict.fromkeys(group.family for group in groups):
        members = [group for group in groups if group.family == family]
        numbers = (
            sum(group.total for group in members),
            sum(len(group.drifted) for group in members),
            sum(len(group.missing) for group in members),
        )
        table.add_row(family or "other kernels", *map(str, numbers), _types(members))
    return table


def _types(groups: Iterable[Group]) -> str:
    return ", ".join(f"{group.type or 'no type'} ({len(group.missing)})" for group in groups if group.missing)


def _names(names: Iterable[Name]) -> Text:
    missing = sorted((name for name in names if name.state == "missing"), key=lambda name: -name.needed_by)
    return Text("  " + ", ".join(f"{name.name} ({name.needed_by})" for name in missing) if missing else "  none")
