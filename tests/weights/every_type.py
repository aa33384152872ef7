"""Writes `every_type.gguf`: a tensor of each type, packed by GGML's own quantizers, and hashes of GGML's decoding.

`python -m tests.weights.every_type` writes it again; it needs ggml-python. The file is kept, so that tests have blocks
of a real quantizer, and what GGML makes of them, where that package is not installed.
"""

from hashlib import sha256
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from tests.weights import ggml_oracle

FILE = Path(__file__).with_name("every_type.gguf")
TYPES = ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q2_K", "q3_K", "q4_K", "q5_K", "q6_K", "q8_K")
ROWS, COLUMNS = 6, 512


def weights(seed: int) -> NDArray[np.float32]:
    """As trained weights are: normal, rows of different spread, a few far out."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(ROWS, COLUMNS)) * rng.uniform(0.01, 0.05, (ROWS, 1))
    return (values * np.where(rng.random(values.shape) < 0.002, 8, 1)).astype(np.float32)


def name(kind: str) -> str:
    """The tensor of a type."""
    return f"blk.0.{kind}.weight"


def decoded_key(kind: str) -> str:
    """The metadata key of the sha256 of GGML's float32 decoding of that tensor."""
    return f"test.decoded.{kind}"


def digest(values: NDArray[np.float32]) -> str:
    """sha256 of float32 values in order, zeros made positive."""
    return sha256((values + np.float32(0)).tobytes()).hexdigest()


def write(path: Path) -> None:
    """Write the file."""
    writer = gguf.GGUFWriter(path, "test")
    for seed, kind in enumerate(TYPES):
        packed = ggml_oracle.quantize(kind, weights(seed))
        writer.add_tensor(name(kind), packed, raw_dtype=gguf.GGMLQuantizationType[kind.upper()])
        writer.add_string(decoded_key(kind), digest(ggml_oracle.decode(kind, packed)))
    writer.add_tensor("norm.weight", np.ones(COLUMNS, np.float32))
    writer.add_tensor("half.weight", weights(99).astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(FILE)
