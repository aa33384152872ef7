"""Inference on the emulator: every product within its contract's bound, every first token right."""

from pathlib import Path

import pytest

from kernels import HIP_SOURCES
from tests.infer.make_model import make
from tracker.build.compiler import compile_unit
from tracker.build.records import Unit
from tracker.build.toolchain import discover
from tracker.cancel import Cancel
from tracker.devices.emulator import EmulatorDevice
from tracker.devices.protocol import Artifact
from tracker.gguf import reader
from tracker.infer import layers, model, tokenizer
from tracker.infer.generate import Run, compare, generate

ARCH = "gfx1100"
PROMPT = "Sphinx of black quartz, judge my vow: 0123456789 ABCDEFGHIJKLM"


@pytest.fixture(scope="session")
def device() -> EmulatorDevice:
    return EmulatorDevice(ARCH)


@pytest.mark.parametrize("kind", ["q4_0", "q5_1", "q8_0", "q4_K", "q6_K"])
def test_a_tiny_model_runs_on_the_emulator(
    kind: str, device: EmulatorDevice, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = tmp_path_factory.getbasetemp().parent / "kernel-builds"  # shared with the tests of the kernels
    modules = []
    for name in ("quantize_q8_1", kind):
        unit = Unit(HIP_SOURCES / f"{name}.hip", (HIP_SOURCES,))
        built = compile_unit(unit, ARCH, discover("ziglang")[0], cache, Cancel())
        assert built.code_object, built.output
        modules.append(device.load(Artifact(ARCH, built.code_object, built.assembly)))
    path = make(kind, tmp_path / "model.gguf")
    file = reader.read(path)
    llama, kernels = model.load(file), layers.Kernels(device, modules)
    run = Run(tokenizer.load(file).encode(PROMPT))
    list(generate(llama, kernels, run, 2, end=None))
    assert len(run.tokens) >= 64
    assert kernels.audit.wrong == () and 0 < kernels.audit.worst < 1
    assert kernels.audit.launches == 3 * (2 * 7 + 1) * 2 + 3  # each product with its quantization, and the embeddings
    for each in compare(llama, path, run):
        assert each.agreeing == each.positions and 2 * each.largest < each.lead, each
