"""Required actions, with what is done of them, from the same facts as everything else."""

from collections.abc import Iterator, Sequence

from db.views import KernelStatus
from tracker.actions.compare import states_of
from tracker.actions.gap import Gap, Name
from tracker.actions.hazards import Hazards
from tracker.actions.progress import CHECKED, COMPILED, REACHED, VERIFIED
from tracker.reports.model import Todo
from tracker.reports.phases import is_failure

COMMANDS = {
    COMPILED: ("Compile for {arch}", "kerntrack compile --arch {arch}"),
    CHECKED: ("Check on the emulator or a device for {arch}", "kerntrack verify --arch {arch}"),
    VERIFIED: ("Verify on {arch} hardware", "kerntrack verify --arch {arch}   # on a machine that has one"),
}


def required(kernels: Sequence[KernelStatus], archs: Sequence[str], gap: Gap, hazards: Hazards) -> Iterator[Todo]:
    """In the order in which they make sense."""
    yield from _names("block structures", gap.structs)
    yield from _names("helper functions", gap.helpers)
    asked = [kernel for kernel in kernels if kernel.baseline]
    yield from _port(asked)
    yield from _callers(gap)
    yield from _cells(asked, archs)
    yield from _hazards(hazards, {kernel.symbol for kernel in asked if kernel.port != "ported"})


def _names(what: str, names: Sequence[Name]) -> Iterator[Todo]:
    needed = [name for name in names if name.state in ("present", "missing")]
    missing = tuple(name.name for name in needed if name.state == "missing")
    if needed:
        yield Todo(f"Provide {what}", len(needed) - len(missing), len(needed), missing, "kerntrack gap")


def _port(asked: Sequence[KernelStatus]) -> Iterator[Todo]:
    for family in dict.fromkeys(kernel.family for kernel in asked):
        members = [kernel for kernel in asked if kernel.family == family]
        left = tuple(kernel.symbol for kernel in members if kernel.port == "missing")
        title = f"Port {family or 'the other kernels'}"
        yield Todo(title, len(members) - len(left), len(members), left, f"kerntrack status family:{family}")
    there = [kernel for kernel in asked if kernel.port != "missing"]
    drifted = tuple(kernel.symbol for kernel in there if kernel.port == "drifted")
    if there:
        done = len(there) - len(drifted)
        yield Todo(
            "Give ports the parameters of their models", done, len(there), drifted, "kerntrack status state:drifted"
        )


def _cells(asked: Sequence[KernelStatus], archs: Sequence[str]) -> Iterator[Todo]:
    states = states_of(asked)
    for phase, accepted in REACHED.items():
        title, command = COMMANDS[phase]
        for arch in archs:
            left = tuple(symbol for symbol, row in states.items() if row[arch] not in accepted)
            done = len(states) - len(left)
            yield Todo(title.format(arch=arch), done, len(states), left, command.format(arch=arch))
    tried = [(symbol, arch, row[arch]) for symbol, row in states.items() for arch in archs if row[arch] != "none"]
    failed = tuple(f"{symbol} {arch}" for symbol, arch, state in tried if is_failure(state))
    if tried:
        yield Todo("Clear failures", len(tried) - len(failed), len(tried), failed, "kerntrack status state:failed")


def _callers(gap: Gap) -> Iterator[Todo]:
    callers = gap.callers
    if callers is None:
        return
    wrong = dict.fromkeys(each.request.name for each in callers.not_in_hip)
    wrong |= dict.fromkeys(each.kernel for each in callers.misfits)
    if callers.asked:
        total = len(callers.asked)
        yield Todo("Answer the Rust callers", total - len(wrong), total, tuple(wrong), "kerntrack gap")


def _hazards(hazards: Hazards, unported: set[str]) -> Iterator[Todo]:
    """Those in the port, and those that are still to be met: in the models of kernels that are not ported."""
    found = [each for each in hazards.findings if each.side == "hip" or unported.intersection(each.kernels)]
    left = tuple(f"{each.rule} {each.file}:{each.line}" for each in found if each.acknowledged is None)
    if found:
        title = "Look at the hazards in the port and ahead of it"
        yield Todo(title, len(found) - len(left), len(found), left, "kerntrack hazards")
