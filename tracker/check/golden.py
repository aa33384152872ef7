"""Golden files: what CUDA originals computed on the contracts' cases, to compare a port with on another machine.

A zip archive, its members compressed with LZMA. `golden.json` says who recorded what; member `KERNEL` holds the output
buffers of the kernel's cases, one after the other. Inputs are not stored: a case's name, which has the seed in it,
makes them again, and their hash tells whether they are the same.
"""

import hashlib
import json
import lzma
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kernels.contracts import contract_for
from kernels.contracts.base import Contract, Effort, Expectation
from kernels.launch import Buffer, Launch
from kernels.names import KernelName, identify
from tracker.check.compare import compare
from tracker.check.results import Mismatch
from tracker.devices.protocol import Device, Module
from tracker.errors import UsageError

FORMAT = 1
HEADER = "golden.json"
WORST = ("abs", "rel", "ulp", "cw", "bound")

DAMAGE = (OSError, zipfile.BadZipFile, lzma.LZMAError, KeyError, ValueError, EOFError)
"""What reading a file raises that is no golden file, or is not whole."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Origin:
    """Who recorded. `compiler` made the code of the CUDA kernels."""

    device: str
    target: str
    runtime: str
    compiler: str
    created: str
    effort: Effort
    seed: int


@dataclass(frozen=True)
class GoldenCase:
    """One recorded case. `inputs`: sha256 of its input buffers. `outputs`: size of each output buffer, bytes."""

    name: str
    inputs: str
    outputs: dict[str, int]
    as_the_oracle: bool
    """Whether the original itself is what the contract's oracle expects."""


@dataclass(frozen=True)
class Recorded:
    """What an original computed. `fault` says why there is nothing."""

    symbol: str
    cases: tuple[GoldenCase, ...]
    outputs: bytes
    fault: str = ""


@dataclass(frozen=True)
class Compared:
    """A port beside the recorded original. Counts are of elements that the contract compares.

    `equal`: the same bits. `within`: other bits, within the contract's bound. `disputed`: farther apart, but only where
    the original is not what the contract's oracle expects and the port is. `timed out`: it did not end within the time
    limit. `failed`: none of these, or not comparable.
    """

    symbol: str
    family: str
    arch: str
    outcome: Literal["equal", "within", "disputed", "timed out", "failed"]
    message: str = ""
    cases: int = 0
    disputed: int = 0
    """Outputs of cases in which the original contradicts the oracle and the port does not."""
    elements: int = 0
    differing: int = 0
    bits: int = 0
    """How many bits differ in all."""
    worst: dict[str, float] = field(default_factory=dict)


def record_kernel(device: Device, module: Module, symbol: str, effort: Effort, seed: int) -> Recorded:
    """Run the cases of one original, each once. A fault ends it."""
    name, contract = _contract(symbol)
    cases: list[GoldenCase] = []
    outputs: list[bytes] = []
    for case in contract.cases(name, effort, seed):
        prepared = case.prepare(0)
        report = device.run(module, prepared.launch)
        if report.fault:
            return Recorded(symbol, (), b"", f"{case.name}: {report.fault.kind}: {report.fault.message}")
        written = {buffer.name: report.buffers[buffer.name] for buffer in _buffers(prepared.launch, "out")}
        good = all(compare(each, written[each.buffer]).mismatch is None for each in prepared.expectations)
        sizes = {buffer: data.size for buffer, data in written.items()}
        cases.append(GoldenCase(case.name, _digest(prepared.launch), sizes, good))
        outputs += [data.tobytes() for data in written.values()]
    return Recorded(symbol, tuple(cases), b"".join(outputs))


def compare_kernel(device: Device, module: Module, golden: "Golden", symbol: str, port: str) -> Compared:
    """Run kernel `port` on the cases recorded of original `symbol` and compare their outputs."""
    name, contract = _contract(port)
    result = Compared(symbol, name.family, device.target.partition(":")[0], "equal")
    for recorded, outputs in golden.cases(symbol):
        try:
            prepared = contract.case(name, recorded.name).prepare(0)
        except ValueError as error:
            return replace(result, outcome="failed", message=f"{recorded.name}: not a case of this version: {error}")
        if _digest(prepared.launch) != recorded.inputs:
            return replace(result, outcome="failed", message=f"{recorded.name}: the inputs are not those recorded")
        report = device.run(module, prepared.launch)
        if report.fault:
            message = f"{recorded.name}: {report.fault.kind}: {report.fault.message}"
            late = report.fault.kind == "timeout" and result.outcome != "failed"
            return replace(result, outcome="timed out" if late else "failed", message=message)
        for expectation in prepared.expectations:
            buffer = expectation.buffer
            result = _add(result, recorded, expectation, outputs[buffer], report.buffers[buffer])
        result = replace(result, cases=result.cases + 1)
    return result if result.cases else replace(result, outcome="failed", message="no case was recorded")


def _add(result: Compared, case: GoldenCase, expectation: Expectation, original: Bytes, port: Bytes) -> Compared:
    """Count one buffer of one case."""
    expected = original.view(expectation.element)
    comparison = compare(replace(expectation, reference=expected), port)
    counted = np.ones(expected.shape, np.bool_) if expectation.compared is None else expectation.compared
    different = np.bitwise_count((original ^ port).reshape(expected.size, -1)).sum(axis=1)[counted]
    total = replace(
        result,
        elements=result.elements + int(counted.sum()),
        differing=result.differing + int(np.count_nonzero(different)),
        bits=result.bits + int(different.sum()),
    )
    if comparison.mismatch:
        disputed = not case.as_the_oracle and compare(expectation, port).mismatch is None
        return _apart(total, case.name, comparison.mismatch, disputed)
    worst = {key: max(result.worst.get(key, 0.0), value) for key, value in comparison.worst.items() if key in WORST}
    total = replace(total, worst={**result.worst, **worst})
    return replace(total, outcome="within") if total.differing and total.outcome == "equal" else total


def _apart(total: Compared, case: str, bad: Mismatch, disputed: bool) -> Compared:
    """Note the first place of the gravest kind where the two differ by more than the contract allows."""
    outcome: Literal["disputed", "failed"] = "disputed" if disputed else "failed"
    place = f"{bad.buffer}[{bad.index}] is {bad.got}, the original has {bad.expected}"
    message = f"{case}: {place} ({bad.bad} of {bad.total} differ too much)"
    total = replace(total, disputed=total.disputed + disputed)
    if total.outcome == "failed" or total.outcome == outcome:
        return total
    return replace(total, outcome=outcome, message=message)


class Golden:
    """A golden file that was opened for reading. Raises UsageError when it is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._archive = zipfile.ZipFile(path)
            header = json.loads(self._archive.read(HEADER))
        except DAMAGE as error:
            remedy = "record one with `kerntrack golden record`"
            raise UsageError(f"{path} is not a golden file: {error}", remedy) from error
        if header.get("format") != FORMAT:
            raise UsageError(
                f"{path} has format {header.get('format')}, this program reads {FORMAT}", "record it again"
            )
        self.origin = Origin(**header["origin"])
        self._cases: dict[str, list[dict[str, Any]]] = header["kernels"]

    @property
    def symbols(self) -> list[str]:
        """The recorded kernels."""
        return list(self._cases)

    def cases(self, symbol: str) -> Iterator[tuple[GoldenCase, Mapping[str, Bytes]]]:
        """The cases of a kernel with the content of the output buffers. Raises UsageError when the file is damaged."""
        try:
            data = np.frombuffer(self._archive.read(symbol), np.uint8)
        except DAMAGE as error:
            remedy = "copy or record the file again"
            raise UsageError(f"{self.path}: {symbol} cannot be read: {error}", remedy) from error
        recorded = [GoldenCase(**fields) for fields in self._cases[symbol]]
        if data.size != sum(sum(case.outputs.values()) for case in recorded):
            raise UsageError(f"{self.path}: {symbol} is not whole", "copy or record the file again")
        start = 0
        for case in recorded:
            outputs = {}
            for buffer, size in case.outputs.items():
                outputs[buffer] = data[start : start + size]
                start += size
            yield case, outputs


def write(path: Path, origin: Origin, kernels: Sequence[Recorded]) -> None:
    """Write a golden file, whole or not at all. Raises UsageError when it cannot be written."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    header = {
        "format": FORMAT,
        "origin": asdict(origin),
        "kernels": {kernel.symbol: [asdict(case) for case in kernel.cases] for kernel in kernels},
    }
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_LZMA) as archive:
            archive.writestr(HEADER, json.dumps(header, indent=1))
            for kernel in kernels:
                archive.writestr(kernel.symbol, kernel.outputs)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"{path}: {error.strerror}", "name a place that can be written") from error


def _contract(symbol: str) -> tuple[KernelName, Contract]:
    name = identify(symbol)
    contract = contract_for(name) if name else None
    if name is None or contract is None:
        raise UsageError(f"no contract says what {symbol} computes", "leave it out of the selection")
    return name, contract


def _buffers(launch: Launch, role: str) -> list[Buffer]:
    return [each for each in launch.arguments if isinstance(each, Buffer) and each.role == role]


def _digest(launch: Launch) -> str:
    digest = hashlib.sha256()
    for buffer in _buffers(launch, "in"):
        digest.update(buffer.data.tobytes())
    return digest.hexdigest()
