"""`kerntrack selftest` on the shipped quantizer: it counts what was tried and keeps the sources as they are."""

import json
from pathlib import Path

import pytest

from kernels import HIP_SOURCES
from tests.cli.conftest import Kerntrack
from tests.cli.test_json_schemas import validate


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "kerntrack.toml").write_text(f'hip = ["{HIP_SOURCES}"]\narchs = ["gfx1030"]\ncache = "cache"\n')
    return tmp_path


def test_every_fault_tried_is_counted_once(kerntrack: Kerntrack) -> None:
    before = (HIP_SOURCES / "quantize_q8_1.hip").read_text()
    ended = kerntrack("selftest", "--files", "quantize_q8_1.hip", "--sample", "4", "--json")
    validate("selftest", ended.out)
    found = json.loads(ended.out)
    assert sum(found["all"].values()) == 4
    assert found["all"]["killed"] > 0
    assert (ended.code == 0) == found["good"]
    assert (HIP_SOURCES / "quantize_q8_1.hip").read_text() == before


def test_a_pattern_that_matches_nothing_is_an_error(kerntrack: Kerntrack) -> None:
    ended = kerntrack("selftest", "--files", "q9_9.hip")
    assert ended.code == 2
    assert "no HIP source matches q9_9.hip" in ended.err
