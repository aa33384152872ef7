"""llama.cpp as a second opinion, where llama-cpp-python is installed. It rounds activations to blocks of its own."""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = "llama.cpp"


def logits(path: Path, tokens: Sequence[int]) -> NDArray[np.float64] | None:
    """Its logits after every token on the CPU, shape (tokens, vocabulary); None where it is not installed."""
    if find_spec("llama_cpp") is None:
        return None
    llama: Any = import_module("llama_cpp").Llama(
        model_path=str(path), n_ctx=len(tokens), n_batch=len(tokens), n_gpu_layers=0, logits_all=True, verbose=False
    )
    try:
        llama.eval(list(tokens))
        return np.array(llama.scores[: len(tokens)], np.float64)
    finally:
        llama.close()
