"""The forward pass against the float64 reference, which is written on its own, with kernels answered from numpy."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import gguf
import numpy as np
import pytest
from check.fake import FakeDevice, FakeModule

from kernels.launch import Buffer, Launch
from tests.infer.make_model import CONTEXT, make
from tests.infer.quantizers import OWN, quantize
from tracker.devices.protocol import Fault, LaunchReport
from tracker.errors import AbsentError, UsageError
from tracker.gguf import reader
from tracker.infer import llama_cpp, model, reference, tokenizer
from tracker.infer.compare import agreement
from tracker.infer.forward import Session
from tracker.infer.generate import Run, compare, generate
from tracker.infer.layers import Kernels, LaunchError, needed

TYPES = ("q4_0", "q5_1", "q8_0", "q4_K", "q6_K")
PROMPT = "Sphinx of black quartz, judge my vow: 0123456789 ABCDEFGHIJKLM"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("models")

    def path(kind: str) -> Path:
        file = folder / f"{kind}.gguf"
        return file if file.exists() else make(kind, file)

    return path


def load(path: Path) -> model.Llama:
    return model.load(reader.read(path))


def on_numpy(device: FakeDevice | None = None) -> Kernels:
    return Kernels(device or FakeDevice(), [FakeModule()])


def prompt(path: Path) -> list[int]:
    return tokenizer.load(reader.read(path)).encode(PROMPT)


def test_without_quantization_it_is_the_reference_but_for_float32(made: Callable[[str], Path]) -> None:
    """Norms, rotations, grouped heads, masks and gates, whatever the steps: differences are those of rounding."""
    llama, tokens = load(made("f32")), prompt(made("f32"))
    expected = reference.logits(llama, tokens)
    for steps in ([len(tokens)], [1] * len(tokens), [20, 1, 3, len(tokens) - 24]):
        session = Session(llama, on_numpy())
        got = np.concatenate([session.feed(part) for part in np.split(np.array(tokens), np.cumsum(steps)[:-1])])
        assert np.abs(got - expected).max() < 1e-4 * expected.std()


def test_what_comes_later_changes_nothing_before(made: Callable[[str], Path]) -> None:
    llama, tokens = load(made("f32")), prompt(made("f32"))
    changed = [*tokens[:30], *reversed(tokens[30:])]
    first, second = (reference.logits(llama, each) for each in (tokens, changed))
    assert np.allclose(first[:30], second[:30], rtol=1e-12) and not np.allclose(first[30], second[30])


def test_the_layers_have_a_say_in_the_logits(made: Callable[[str], Path]) -> None:
    """As `make_model` says: without them the logits are others, by a good part of their spread."""
    path = made("f32")
    llama, tokens = load(path), prompt(path)
    whole = reference.logits(llama, tokens)
    sizes = llama.sizes.__class__(**{**vars(llama.sizes), "layers": 0})
    bare = reference.logits(model.Llama(sizes, llama.tensors), tokens)
    assert 0.3 < np.std(whole - bare) / np.std(whole) < 1.0


@pytest.mark.parametrize("kind", TYPES)
def test_a_quantized_model_agrees_with_the_references_over_64_positions(made: Callable[[str], Path], kind: str) -> None:
    path = made(kind)
    llama, run, kernels = load(path), Run(prompt(path)), on_numpy()
    list(generate(llama, kernels, run, 3, end=None))
    assert len(run.tokens) >= 64 and run.steps == [len(run.tokens) - 3, 1, 1, 1]
    assert kernels.audit.wrong == () and 0 < kernels.audit.worst < 1
    for each in compare(llama, path, run):
        assert each.agreeing == each.positions == len(run.tokens) and each.missed == 0
        assert 2 * each.largest < each.lead  # so no rounding could have decided


@pytest.mark.parametrize("kind", sorted(OWN))
def test_the_tests_own_quantizers_keep_the_values(kind: str) -> None:
    values = np.random.default_rng(4).normal(size=(6, 512)).astype(np.float32)
    packed = quantize(kind, values)
    decoded = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType[kind.upper()])
    steps = {"q4_K": 15, "q6_K": 63}[kind]
    reach = values.reshape(6, -1, 32).max(axis=2) - values.reshape(6, -1, 32).min(axis=2)
    error = np.abs(decoded - values).reshape(6, -1, 32).max(axis=2)
    assert np.all(error < 1.25 * reach / steps)


@pytest.mark.parametrize("name", ["blk.0.attn_k.weight", "blk.1.ffn_down.weight"])
def test_one_wrong_element_of_a_product_is_noticed(made: Callable[[str], Path], name: str) -> None:
    path = made("q4_0")
    llama, tokens = load(path), prompt(path)
    victim = llama.tensors[name].blocks().tobytes()

    def spoil(launch: Launch, report: LaunchReport) -> LaunchReport:
        weights = next((a for a in launch.arguments if isinstance(a, Buffer) and a.name == "vx"), None)
        if weights is not None and weights.data.tobytes().startswith(victim):
            report.buffers["dst"].view("<f4")[100] *= np.float32(1 + 1e-4)
        return report

    right, wrong = on_numpy(), on_numpy(FakeDevice(after=spoil))
    for kernels in (right, wrong):
        Session(llama, kernels).feed(tokens)
    assert right.audit.wrong == () and wrong.audit.wrong == ("mul_mat_q4_0",)
    assert right.audit.worst < 1 < wrong.audit.worst


def test_wrong_codes_and_wrong_rows_are_noticed(made: Callable[[str], Path]) -> None:
    def spoil(launch: Launch, report: LaunchReport) -> LaunchReport:
        if not launch.symbol.startswith("mul_mat"):
            (out,) = (a.name for a in launch.arguments if isinstance(a, Buffer) and a.role == "out")
            report.buffers[out][9] ^= 1
        return report

    kernels = on_numpy(FakeDevice(after=spoil))
    Session(load(made("q8_0")), kernels).feed([1, 2, 3])
    assert kernels.audit.wrong == ("get_rows_q8_0", "quantize_q8_1")


def test_logits_that_are_no_numbers_agree_with_nothing() -> None:
    reference_logits = np.array([[0.0, 3, 1], [5, 4, 0]])
    got = np.array([[0, 3, np.nan], [5.5, 4, 0]], np.float32)
    found = agreement("x", got, reference_logits)
    assert (found.positions, found.agreeing, found.lead, found.missed) == (2, 1, 1, 2)
    assert found.largest > 1e300 and np.isfinite(found.typical)
    fine = agreement("x", got[1:], reference_logits[1:])
    assert (fine.agreeing, fine.largest, fine.missed) == (1, 0.5, 0) and fine.typical == pytest.approx(0.5 / 3**0.5)


def test_a_fault_ends_the_run_and_says_which_kernel(made: Callable[[str], Path]) -> None:
    def fault(launch: Launch, report: LaunchReport) -> LaunchReport:
        broken = launch.symbol.startswith("mul_mat_q4_0")
        return LaunchReport({}, fault=Fault("out of bounds", "read behind vx")) if broken else report

    llama, tokens = load(made("q4_0")), prompt(made("q4_0"))
    with pytest.raises(LaunchError, match="mul_mat_q4_0 on numpy: read behind vx"):
        Session(llama, on_numpy(FakeDevice(after=fault))).feed(tokens)


def test_kernels_that_are_missing_are_named(made: Callable[[str], Path]) -> None:
    lacking = Kernels(FakeDevice(), [FakeModule(frozenset({"quantize_q8_1", "get_rows_q4_0"}))])
    with pytest.raises(AbsentError, match="no kernel for: mul_mat_q8_1 q4_0, mul_mat_vec_q8_1 q4_0 1"):
        lacking.require(needed(load(made("q4_0")), {40, 1}))


def rewritten(path: Path, target: Path, old: bytes, new: bytes) -> Path:
    content = path.read_bytes()
    assert old in content and len(old) == len(new)
    target.write_bytes(content.replace(old, new))
    return target


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"blk.1.attn_v.weight", b"blk.1.attn_w.weight", "has no tensor blk.1.attn_v.weight"),
        (b"\0\0\0\0output.weight", b"\0\0\0\0outqut.weight", "tensors that a plain llama model has not: outqut.weight"),
        (b"llama.block_count", b"llama.clock_count", "llama.block_count is None"),
    ],
)
def test_models_that_do_not_fit_are_refused(
    made: Callable[[str], Path], tmp_path: Path, old: bytes, new: bytes, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        load(rewritten(made("q4_0"), tmp_path / "model.gguf", old, new))


@pytest.mark.skipif(find_spec("llama_cpp") is None, reason="needs llama-cpp-python (extra `llama`), built from source")
@pytest.mark.parametrize("kind", ["f32", *TYPES])
def test_llama_cpp_computes_what_the_reference_computes(made: Callable[[str], Path], kind: str) -> None:
    path = made(kind)
    llama, tokens = load(path), prompt(path)
    from llama_cpp import Llama

    assert Llama(model_path=str(path), vocab_only=True, verbose=False).tokenize(PROMPT.encode()) == tokens
    theirs = llama_cpp.logits(path, tokens)
    assert theirs is not None and len(tokens) < CONTEXT
    ours = agreement("", theirs, reference.logits(llama, tokens))
    assert ours.agreeing == ours.positions
    limit = 1e-3 if kind == "f32" else 0.05
    assert ours.typical < limit * ours.spread
