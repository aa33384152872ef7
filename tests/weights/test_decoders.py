"""GGML's C code and gguf's Python code, as oracles that know nothing of each other, against our decoders."""

from importlib.util import find_spec
from pathlib import Path

import gguf
import numpy as np
import pytest

from kernels.contracts import data
from kernels.contracts.decode import NOT_IN_GGUF, decode
from kernels.contracts.formats import block_format
from tests.weights import every_type, ggml_oracle
from tracker.gguf import reader

needs_ggml = pytest.mark.skipif(find_spec("ggml") is None, reason="needs ggml-python (extra `ggml`), built from source")


@pytest.mark.parametrize("kind", every_type.TYPES)
def test_blocks_of_a_real_quantizer_decode_as_ggml_and_gguf_decode_them(kind: str) -> None:
    model = reader.read(every_type.FILE)
    blocks = model.tensors[every_type.name(kind)].blocks()
    ours = decode(kind, blocks.reshape(-1, blocks.shape[-1])).value.astype(np.float32)
    assert every_type.digest(ours) == model.fields[every_type.decoded_key(kind)]
    if kind not in NOT_IN_GGUF:
        theirs = gguf.quants.dequantize(blocks, gguf.GGMLQuantizationType[kind.upper()])
        assert np.array_equal(ours.reshape(-1), theirs.reshape(-1))
    original = every_type.weights(every_type.TYPES.index(kind)).reshape(-1)
    assert np.corrcoef(ours.reshape(-1), original)[0, 1] > 0.9  # the blocks hold what was quantized: two bits keep 0.94


@needs_ggml
def test_the_kept_file_is_what_ggml_writes(tmp_path: Path) -> None:
    every_type.write(tmp_path / "again.gguf")
    assert (tmp_path / "again.gguf").read_bytes() == every_type.FILE.read_bytes()


@needs_ggml
@pytest.mark.parametrize("name", data.WEIGHTS)
@pytest.mark.parametrize("kind", every_type.TYPES)
def test_hostile_blocks_decode_as_ggml_decodes_them(kind: str, name: str) -> None:
    packed = data.weight_rows(kind, [name] * 3, 50, np.random.default_rng(5)).reshape(-1, block_format(kind).bytes)
    ours = decode(kind, packed).value.astype(np.float32).reshape(-1)
    assert np.array_equal(ours, ggml_oracle.decode(kind, packed))
