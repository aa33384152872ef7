"""What can go wrong on a GPU, injected through stand-ins for its runtime and seen through the command line.

Each becomes evidence or one message with a remedy; none ends in a traceback, none keeps the other kernels from their
check.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from devices.conftest import Q4, Q5, Run
from tests.cli.conftest import Ended


def outcomes(ended: Ended) -> dict[str, tuple[str, str]]:
    """Symbol → (outcome, message)."""
    assert "Traceback" not in ended.err
    return {each["symbol"]: (each["outcome"], each["message"]) for each in json.loads(ended.out)["results"]}


@dataclass(frozen=True)
class Evidence:
    """What a fault with the first kernel must come to. The second passes unless the device takes no kernel."""

    inject: str
    outcome: str
    words: str
    code: int = 1
    other: str = "passed"


FAULTS = [
    Evidence("", "passed", "cases", code=0),
    Evidence("wrong bit", "failed", "y[0] expected"),
    Evidence("no function", "failed", "launch error: hipErrorNotFound"),
    Evidence("launch error", "failed", "launch error: hipErrorInvalidConfiguration"),
    Evidence("launch failure", "failed", "device fault: hipErrorLaunchFailure: unspecified launch failure"),
    Evidence("illegal address", "failed", "device fault: hipErrorIllegalAddress"),
    Evidence("memory fault", "failed", "Memory access fault by GPU node-1 (Agent handle: 0x1): Page not present"),
    Evidence("crash", "failed", "the child process was ended by SIGSEGV"),
    Evidence("killed", "failed", "the child process was ended by SIGKILL"),
    Evidence("exit", "failed", "the child process exited with code 3"),
    Evidence("hang", "timed out", f"timeout: {Q5} did not end within 10 s: raise `launch` under [limits]", code=4),
    Evidence("out of memory", "refused", "hipErrorOutOfMemory: out of memory", code=3, other="refused"),
    Evidence("refused image", "refused", "hipErrorInvalidImage: device kernel image is invalid", 3, "refused"),
]


@pytest.mark.parametrize("expected", FAULTS, ids=lambda expected: expected.inject or "nothing")
def test_a_fault_is_evidence_and_the_queue_goes_on(
    kerntrack: Run, environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, expected: Evidence
) -> None:
    pytest.importorskip("hip", reason="needs hip-python")
    monkeypatch.setenv("FAKEHIP_INJECT", expected.inject)
    monkeypatch.setenv("FAKEHIP_KERNEL", "" if expected.other == "refused" else Q5)
    ended = kerntrack("verify", "--device", "0", "--again", "--json")
    found = outcomes(ended)
    assert found[Q5][0] == expected.outcome and expected.words in found[Q5][1]
    assert found[Q4][0] == expected.other
    assert ended.code == expected.code


ABSENT = [
    ("no device", "ROCm sees no GPU (hipErrorNoDevice", "see what rocminfo says"),
    ("no driver", "ROCm sees no GPU: the kernel driver is not loaded", "sudo modprobe amdgpu"),
    ("no permission", "no permission to use the GPU (/dev/kfd)", "sudo usermod -aG render,video $USER"),
    (
        "crash at start",
        "the device could not be started: the child process was ended by SIGSEGV",
        "runtime's own tools",
    ),
    ("no library", "ROCm's libamdhip64.so could not be loaded", "install ROCm, or set ROCM_PATH"),
]


@pytest.mark.parametrize("inject, words, remedy", ABSENT, ids=[row[0] for row in ABSENT])
def test_what_is_absent_comes_with_its_remedy(
    kerntrack: Run,
    environment: pytest.MonkeyPatch,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    inject: str,
    words: str,
    remedy: str,
) -> None:
    pytest.importorskip("hip", reason="needs hip-python")
    monkeypatch.setenv("FAKEHIP_INJECT", inject)
    if inject == "no library":
        (tmp_path / "libamdhip64.so").write_text("so that none of this machine's own is found")
        monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
        monkeypatch.setenv("ROCM_PATH", str(tmp_path))
    ended = kerntrack("verify", "--device", "0")
    assert ended.code == 3
    assert f"error: {words}" in ended.err and remedy in ended.err and "Traceback" not in ended.err


CUDA_FAULTS = [
    Evidence("", "passed", "cases", code=0),
    Evidence("wrong bit", "failed", "y[0] expected"),
    Evidence("no function", "failed", "launch error: CUDA_ERROR_NOT_FOUND"),
    Evidence("launch error", "failed", "launch error: CUDA_ERROR_INVALID_VALUE"),
    Evidence("illegal address", "failed", "device fault: CUDA_ERROR_ILLEGAL_ADDRESS"),
    Evidence("crash", "failed", "the child process was ended by SIGSEGV"),
    Evidence("out of memory", "refused", "CUDA_ERROR_OUT_OF_MEMORY", 3, "refused"),
    Evidence("refused image", "refused", "CUDA_ERROR_NO_BINARY_FOR_GPU", 3, "refused"),
]


@pytest.mark.parametrize("expected", CUDA_FAULTS, ids=lambda expected: expected.inject or "nothing")
def test_the_same_on_an_nvidia_gpu(
    kerntrack: Run, nvidia: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, expected: Evidence
) -> None:
    monkeypatch.setenv("FAKECUDA_INJECT", expected.inject)
    monkeypatch.setenv("FAKECUDA_KERNEL", "" if expected.other == "refused" else Q5)
    ended = kerntrack("verify", "--device", "cuda", "--again", "--json")
    found = outcomes(ended)
    assert found[Q5][0] == expected.outcome and expected.words in found[Q5][1]
    assert found[Q4][0] == expected.other
    assert ended.code == expected.code


@pytest.mark.parametrize("inject, words", [("no driver", "libcuda.so could not be loaded"), ("no device", "NO_DEVICE")])
def test_an_nvidia_gpu_that_is_not_there(
    kerntrack: Run, nvidia: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, inject: str, words: str
) -> None:
    monkeypatch.setenv("FAKECUDA_INJECT", inject)
    ended = kerntrack("verify", "--device", "cuda")
    assert ended.code == 3 and words in ended.err and "try: " in ended.err
