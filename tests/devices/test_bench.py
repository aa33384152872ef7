"""`kerntrack bench`: times by events on stand-ins for GPUs, kept and shown beside those of other devices."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from referencing import Registry, Resource

import tracker.cli
from devices import small
from devices.conftest import Q4, Q5, Run
from kernels import workloads
from tracker.actions import timing

FOLDER = Path(tracker.cli.__file__).with_name("schemas")
SCHEMAS = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
REGISTRY: Registry = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "works", small.works)


def validate(name: str, text: str) -> None:
    jsonschema.Draft202012Validator(SCHEMAS[f"{name}.json"], registry=REGISTRY).validate(json.loads(text))


@pytest.mark.usefixtures("little")
def test_times_are_kept_and_stand_beside_those_of_other_devices(
    kerntrack: Run, environment: pytest.MonkeyPatch, nvidia: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hip", reason="needs hip-python")
    ended = kerntrack("bench", Q5, "--device", "0", "--repeats", "3", "--json")
    assert ended.code == 0, ended
    validate("bench", ended.out)
    (first,) = json.loads(ended.out)["results"]
    assert (first["device_name"], first["arch"], first["launches"]) == ("Emulated Radeon", "gfx1100", 3)
    slack = 512 // 32 * 24  # behind the weights, as callers leave it
    assert first["bytes"] == 64 * 24 + slack + 64 * 32 * 4
    assert 0 < first["least_us"] <= first["median_us"]
    ended = kerntrack("bench", Q5, "--device", "cuda", "--side", "cuda", "--repeats", "3", "--json")
    (second,) = json.loads(ended.out)["results"]
    assert (second["side"], second["arch"]) == ("cuda", "sm_90")
    assert [each["device_name"] for each in second["others"]] == ["Emulated Radeon"]
    assert "the CUDA original on Emulated GeForce" in kerntrack("bench", Q5, "--device", "0", "--repeats", "1").out
    shown = kerntrack("show", Q5)
    assert "64 blocks: " in shown.out and "on Emulated GeForce, sm_90  the CUDA original" in shown.out
    validate("show", kerntrack("show", Q5, "--json").out)


@pytest.mark.usefixtures("little")
def test_a_launch_that_fails_leaves_the_others(
    kerntrack: Run, environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hip", reason="needs hip-python")
    monkeypatch.setenv("FAKEHIP_INJECT", "memory fault")
    monkeypatch.setenv("FAKEHIP_KERNEL", Q5)
    ended = kerntrack("bench", f"{Q5},{Q4}", "--device", "0", "--repeats", "1")
    assert ended.code == 1
    assert f"{Q5}, gfx1100: 64 blocks: device fault" in ended.err and "1 launches failed" in ended.err
    assert Q4 in ended.out


def test_without_a_gpu_there_is_nothing_to_time_on(kerntrack: Run) -> None:
    ended = kerntrack("bench", Q5, "--device", "emulator")
    assert ended.code == 3 and "no GPU to time kernels on" in ended.err


def test_every_kernel_has_a_workload_of_its_own_parameters() -> None:
    from kernels import BASELINES
    from kernels.names import identify
    from tracker.scan import baseline

    families = set()
    for kernel in baseline.read(BASELINES / "candle-5152ef621.json").kernels:
        name = identify(kernel.symbol)
        assert name is not None and name.family in workloads.MAKERS
        if (name.family, name.type) not in families and name.type in ("q4_0", "f32", ""):
            families.add((name.family, name.type))
            launch = next(workloads.works(name, np.random.default_rng(0))).launch
            assert len(launch.arguments) == len(kernel.parameters)
