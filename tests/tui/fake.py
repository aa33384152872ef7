"""A source without a database: kernels in every state, actions under the test's control."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from db.views import (
    ArchStatus,
    BuildAttempt,
    Caller,
    Evidence,
    Finding,
    KernelFacts,
    KernelStatus,
    Location,
    Outcome,
    Resources,
    RunRecord,
)
from tracker.actions.events import Event, Finished, Note, Plan, Step
from tracker.actions.workers import Seen
from tracker.cancel import Cancel
from tracker.tui.sources import Action, Page, Side, SourceText

ARCHS = ("gfx90a", "gfx1030", "gfx1100")
RESOURCES = Resources(24, 0, 16, 1024, 0, 0, 0, 32, 1024, 16)


def evidence(outcome: str = "passed", kind: str = "emulator", arch: str = "gfx90a", number: int = 1) -> Evidence:
    """A check that passed, or one whose 17th element is wrong."""
    bad = outcome != "passed"
    window = tuple((i, str(float(i)), str(float(i) + (i == 17))) for i in range(14, 21))
    mismatch = {
        "buffer": "y",
        "index": 17,
        "expected": "17.0",
        "got": "18.0",
        "bad": 3,
        "total": 4096,
        "window": window,
    }
    failing = {"name": "n=4096 data=random", "passed": False, "fault": None, "mismatch": mismatch}
    return Evidence(
        id=number,
        arch=arch,
        code_hash="c0de" * 16,
        toolchain="ziglang-0.17.1 clang-22.1.8",
        device_kind=kind,
        device_name="emulator" if kind == "emulator" else "AMD Instinct MI210",
        device_target=arch,
        contract="dequantize/1",
        seed=0,
        effort="quick",
        outcome=outcome,
        message="1 of 24 cases failed" if bad else "",
        cases_run=24,
        worst={"cw": 0.5 if bad else 2.5e-7, "bound": 1.2e-6, "abs": 1.0 if bad else 0.0, "bad": 3.0 if bad else 0.0},
        failing=failing if bad else None,
        seconds=0.42,
        cost={"instructions": {"valu": 1200, "salu": 300}, "bytes_read": 4096, "bytes_written": 16384},
        created="2026-03-04T05:06:07+00:00",
        runtime="" if kind == "emulator" else "HIP 6.4.43482",
        side="hip",
        holds=True,
    )


def cell(state: str, fresh: bool = True, arch: str = "gfx90a") -> ArchStatus:
    """One cell of the matrix with what belongs to its state."""
    kinds = {"emulated": "emulator", "emulation failed": "emulator", "verified": "hip", "verify failed": "hip"}
    outcome = "failed" if "failed" in state else "passed"
    found = evidence(outcome, kinds[state], arch) if state in kinds else None
    output = "kernel.hip:12:5: error: no member named 'w'\n  1 error" if state == "build failed" else ""
    resources = None if state in ("none", "build failed") else RESOURCES
    return ArchStatus(state, fresh, found, resources, output, "c0de" * 16)  # type: ignore[arg-type]


def kernel(
    symbol: str,
    family: str,
    type: str,
    port: str = "ported",
    states: Sequence[str] = ("none",),
    batch: int | None = None,
) -> KernelStatus:
    """One row; states are given per arch, the last one repeated; a trailing `~` makes a cell stale."""
    padded = [*states, *[states[-1]] * len(ARCHS)]
    cells = {
        arch: cell(state.rstrip("~"), not state.endswith("~"), arch) for arch, state in zip(ARCHS, padded, strict=False)
    }
    here = port != "missing"
    return KernelStatus(
        symbol=symbol,
        family=family,
        type=type,
        batch=batch,
        baseline=Location("candle-kernels/src/quantized.cu", 1000 + sum(map(ord, symbol)) % 900, 77),
        port=port,  # type: ignore[arg-type]
        port_symbol=symbol.replace("_cuda", "_hip") if here else None,
        port_location=Location(f"kernels/hip/{family}.hip", 12) if here else None,
        differences=("parameter 3 (k): int there, long here",) if port == "drifted" else (),
        archs=cells if here else {arch: cell("none") for arch in ARCHS},
        lines=10,
    )


def port() -> list[KernelStatus]:
    """40 kernels: every state stands somewhere."""
    rows = [
        kernel("quantize_q8_1", "quantize", "q8_1", states=["verified", "emulated", "emulated"]),
        kernel("mul_mat_q5_1", "mul_mat_q8_1", "q5_1", states=["verify failed", "emulated~", "compiled"]),
        kernel("mul_mat_q5_0", "mul_mat_q8_1", "q5_0", "drifted"),
        kernel("get_rows_f16", "get_rows", "f16", states=["build failed", "unsupported", "none"]),
        kernel("dequantize_block_q5_1_f16", "dequantize", "q5_1", states=["emulated"]),
        kernel("dequantize_block_q5_1_f32", "dequantize", "q5_1", states=["emulation failed", "emulated", "emulated"]),
        kernel("dequantize_block_q5_0_f16", "dequantize", "q5_0", "missing"),
        kernel("dequantize_block_q5_0_f32", "dequantize", "q5_0", "missing"),
    ]
    for type in ("q4_0", "q5_1", "q8_0", "q6_K"):
        here = "ported" if type == "q5_1" else "missing"
        states = ["emulated", "compiled", "none"] if type == "q5_1" else ["none"]
        rows += [
            kernel(f"mul_mat_vec_{type}_q8_1_cuda{n}", "mul_mat_vec_q8_1", type, here, states, n) for n in range(1, 9)
        ]
    return rows


class Fake:
    """A `Source`. `fail` names the methods that raise; actions run until `release` is set."""

    title = "fake project"
    archs = ARCHS
    ignore: tuple[str, ...] = ("generated/*",)

    def __init__(self, kernels: list[KernelStatus] | None = None) -> None:
        self.kernels = port() if kernels is None else kernels
        self.fail: set[str] = set()
        self.calls: list[tuple[object, ...]] = []
        self.release = threading.Event()
        self.release.set()
        self.good = True
        self.change = 0
        self.folder = Path("nowhere")
        self.look: Seen | None = None

    def _enter(self, name: str, *arguments: object) -> None:
        self.calls.append((name, *arguments))
        if name in self.fail:
            raise RuntimeError(f"injected failure in {name}")

    def statuses(self) -> list[KernelStatus]:
        self._enter("statuses")
        return list(self.kernels)

    def version(self) -> int:
        if "version" in self.fail:
            raise RuntimeError("injected failure in version")
        return self.change

    def page(self, kernel: KernelStatus) -> Page:
        self._enter("page", kernel.symbol)
        text = "".join(f"// line {n}\n" for n in range(1, 60))
        return Page(
            SourceText("quantized.cu", 30, text + f"extern void {kernel.symbol}(const void * vx, int k) {{}}\n"),
            SourceText("port.hip", 12, None, "the file is not at hand"),
            facts("cuda", kernel.symbol, (("vx", "const void *"), ("k", "int"))),
            facts("hip", kernel.symbol, (("vx", "const void *"), ("k", "long"))),
            [evidence("failed", number=2), evidence(number=1)],
            [attempt("built"), attempt("failed")],
            [],
            [hazard(), hazard(acknowledged="the port passes whole rows")],
            "2 findings by 30 rules, 2 files",
            [Caller(kernel.symbol, True, "src/lib.rs", 7, "src/lib.rs", 7, "launch", (None, 1, 1), (32, 4, 1))],
        )

    def names(self, kernels: Sequence[KernelStatus]) -> list[str]:
        self._enter("names")
        return [f"ns::{kernel.symbol}<4>(const void *, int)" for kernel in kernels]

    def outcomes(self) -> Sequence[Outcome]:
        self._enter("outcomes")
        return [
            Outcome("2026-03-01T00:00:00+00:00", "a", "gfx90a", "emulator", "passed"),
            Outcome("2026-03-02T00:00:00+00:00", "b", "gfx90a", "emulator", "failed"),
            Outcome("2026-03-03T00:00:00+00:00", "a", "gfx90a", "hip", "passed"),
        ]

    def runs(self) -> Sequence[RunRecord]:
        self._enter("runs")
        return [
            RunRecord(
                2,
                "verify",
                "2026-03-01T00:00:10+00:00",
                "2026-03-01T00:01:12.5+00:00",
                False,
                "1 failed",
                {"selector": ["q5_1"]},
                {"failed": 1},
            ),
            RunRecord(
                1, "scan", "2026-03-01T00:00:00+00:00", "2026-03-01T00:00:02+00:00", True, "14 of 142 ported", {}, {}
            ),
        ]

    def locate(self, kernel: KernelStatus, side: Side) -> tuple[Path, int]:
        self._enter("locate", kernel.symbol, side)
        return self.folder / f"{side}.txt", 7

    def watched(self) -> Sequence[Path]:
        self._enter("watched")
        return [self.folder]

    def workers(self, left: threading.Event) -> Iterator[Seen | None]:
        self._enter("workers")
        yield self.look
        while not left.wait(0.02):
            yield self.look

    def scan(self) -> Action:
        return self._action("scan")

    def compile(self, symbols: Sequence[str], archs: Sequence[str]) -> Action:
        return self._action("compile", tuple(symbols), tuple(archs))

    def verify(self, symbols: Sequence[str], archs: Sequence[str], again: bool) -> Action:
        return self._action("verify", tuple(symbols), tuple(archs), again)

    def _action(self, name: str, *arguments: object) -> Action:
        def run(cancel: Cancel) -> Iterator[Event]:
            yield Plan(name, 4)
            self._enter(name, *arguments)
            yield Step(1, f"{name} begins")
            yield Note("kernel.hip:3:1: warning: unused variable", "warning")
            while not self.release.wait(0.01):
                cancel.check()
            yield Step(4, f"{name} ends")
            yield Finished(self.good, f"{name}: all good" if self.good else f"{name}: 1 failed", {})

        return run

    def replace(self, symbol: str, **changes: object) -> None:
        """Change one kernel's status, as another process's job would."""
        self.kernels = [replace(k, **changes) if k.symbol == symbol else k for k in self.kernels]  # type: ignore[arg-type]
        self.change += 1


def facts(side: str, symbol: str, parameters: tuple[tuple[str, str], ...]) -> KernelFacts:
    """Scan facts with these parameters."""
    return KernelFacts(
        side,
        "a.cu",
        "",
        symbol,
        symbol,
        (),
        parameters,
        "a.cu",
        12,
        None,
        None,
        None,
        256,
        None,
        1024,
        "f00d",
        ("helper",),
        ("block_q5_1",),
    )


def hazard(acknowledged: str | None = None) -> Finding:
    """A porting hazard in the CUDA source."""
    return Finding(
        "warp-size",
        "silently wrong",
        "32 lanes are taken for granted",
        "cuda",
        "quantized.cu",
        12,
        "warp_reduce_sum",
        "WARP_SIZE",
        ("mul_mat_q5_1",),
        ("wave64",),
        "A wave has 64 lanes there.",
        "ask warpSize",
        "",
        "d1",
        acknowledged,
        acknowledged is None,
    )


def attempt(outcome: str) -> BuildAttempt:
    """A build of the port's file."""
    output = "kernel.hip:3:1: error: nonsense" if outcome == "failed" else ""
    return BuildAttempt(
        1,
        "port.hip",
        "gfx90a",
        "ziglang",
        ("clang -x hip port.hip",),
        int(bool(output)),
        output,
        1.5,
        False,
        None,
        None,
        outcome,
        "2026-03-04T05:06:07+00:00",
    )
