"""`kerntrack verify --device` from source to status, on stand-ins for an AMD and an NVIDIA GPU."""

import json
from pathlib import Path
from typing import Any

import pytest

from devices.conftest import Q4, Q5, Run
from tests.cli.conftest import Ended
from tracker.devices import selection


@pytest.fixture
def amd(environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An AMD GPU in good order; a test may change what it is."""
    pytest.importorskip("hip", reason="needs hip-python")
    return monkeypatch


def cells(ended: Ended, symbol: str) -> dict[str, Any]:
    """Arch → the cell in `status --json`."""
    kernels = {each["symbol"]: each for each in json.loads(ended.out)["kernels"]}
    archs: dict[str, Any] = kernels[symbol]["archs"]
    return archs


def test_auto_takes_the_amd_gpu_and_verifies_its_arch_only(
    kerntrack: Run, amd: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    amd.setattr(selection, "AMD_DEVICES", (tmp_path,))
    amd.setenv("HSA_OVERRIDE_GFX_VERSION", "11.0.0")
    ended = kerntrack("verify", Q5)
    assert ended.code == 0, ended
    assert "on Emulated Radeon HSA_OVERRIDE_GFX_VERSION=11.0.0 (gfx1100; HIP 6.4.43482)" in ended.err
    assert f"● {Q5}" in ended.out and "gfx1100" in ended.out and "gfx90a" not in ended.out
    checks = json.loads(kerntrack("show", Q5, "--json").out)["evidence"]
    assert {each["arch"] for each in checks if each["device_kind"] == "hip"} == {"gfx1100"}
    cell = cells(kerntrack("status", "--json"), Q5)["gfx1100"]
    evidence = cell["evidence"]
    assert cell["state"] == "verified"
    assert (evidence["device_kind"], evidence["device_target"], evidence["runtime"], evidence["side"]) == (
        "hip",
        "gfx1100",
        "HIP 6.4.43482",
        "hip",
    )
    assert "on Emulated Radeon HSA_OVERRIDE_GFX_VERSION=11.0.0, gfx1100, HIP 6.4.43482" in kerntrack("show", Q5).out
    assert "evidence holds" in kerntrack("verify", Q5).out


def test_code_is_built_for_the_gpus_own_target_id(kerntrack: Run, amd: pytest.MonkeyPatch) -> None:
    amd.setenv("FAKEHIP_TARGET", "gfx90a:sramecc+:xnack-")
    ended = kerntrack("verify", Q4, "--device", "hip:0", "--json")
    assert ended.code == 0, ended
    (result,) = json.loads(ended.out)["results"]
    assert (result["arch"], result["device_target"]) == ("gfx90a", "gfx90a:sramecc+:xnack-")
    cell = cells(kerntrack("status", "--json", Q4), Q4)["gfx90a"]
    assert cell["state"] == "verified"
    assert "built" in kerntrack("show", Q4).out
    assert kerntrack("compile", Q4, "--arch", "gfx90a").code == 0
    assert cells(kerntrack("status", "--json", Q4), Q4)["gfx90a"]["state"] == "verified"


def test_auto_leaves_other_architectures_to_the_emulator(
    kerntrack: Run, amd: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    amd.setattr(selection, "AMD_DEVICES", (tmp_path,))
    ended = kerntrack("verify", Q5, "arch:gfx1030", "--json")
    assert "checked on the emulator" in ended.err
    (result,) = json.loads(ended.out)["results"]
    assert (result["device_kind"], result["arch"]) == ("emulator", "gfx1030")
    refused = kerntrack("verify", Q5, "arch:gfx1030", "--device", "0")
    assert refused.code == 2 and "is gfx1100; other architectures were asked for" in refused.err


def test_auto_without_a_usable_gpu_says_why_and_takes_the_emulator(
    kerntrack: Run, amd: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    amd.setattr(selection, "AMD_DEVICES", (tmp_path,))
    amd.setenv("FAKEHIP_INJECT", "no permission")
    ended = kerntrack("verify", Q5, "--arch", "gfx1100", "--json")
    assert ended.code == 0
    assert "no permission to use the GPU" in ended.err and "usermod" in ended.err
    assert json.loads(ended.out)["results"][0]["device_kind"] == "emulator"


def test_an_nvidia_gpu_verifies_the_port_and_the_original_under_its_own_arch(
    kerntrack: Run, nvidia: pytest.MonkeyPatch
) -> None:
    assert kerntrack("verify", Q5, "--device", "cuda").code == 0
    ended = kerntrack("verify", Q5, "--device", "cuda:0", "--side", "cuda", "--json")
    assert ended.code == 0, ended
    (result,) = json.loads(ended.out)["results"]
    assert (result["side"], result["outcome"], result["device_name"]) == ("cuda", "passed", "Emulated GeForce")
    assert cells(kerntrack("status", "--json", "--arch", "sm_90"), Q5)["sm_90"]["state"] == "verified"
    shown = kerntrack("show", Q5, "--arch", "sm_90").out
    assert "sm_90  ● verified" in shown
    original = next(line for line in shown.splitlines() if line.endswith("(the CUDA original)"))
    assert "on Emulated GeForce, sm_90, CUDA 13.0" in original
    assert "sm_90" not in cells(kerntrack("status", "--json"), Q5)


def test_originals_need_an_nvidia_gpu(kerntrack: Run) -> None:
    ended = kerntrack("verify", Q5, "--side", "cuda", "--device", "emulator")
    assert ended.code == 2 and "--device cuda" in ended.err


def test_without_building_only_what_is_there_is_checked(kerntrack: Run, folder: Path) -> None:
    ended = kerntrack("verify", Q5, "--arch", "gfx906", "--no-build", "--device", "emulator")
    assert ended.code == 1 and "1 not built" in ended.err


def test_doctor_lists_the_gpus(kerntrack: Run, amd: pytest.MonkeyPatch, nvidia: pytest.MonkeyPatch) -> None:
    out = kerntrack("doctor").out
    assert "AMD GPU: Emulated Radeon, gfx1100, HIP 6.4.43482 (--device hip:0)" in out
    assert "NVIDIA GPU: Emulated GeForce, sm_90, CUDA 13.0" in out
