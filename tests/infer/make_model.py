"""Makes a tiny model of the llama architecture: two layers, bytes for tokens, one quant type for every matrix.

    python -m tests.infer.make_model q4_K model.gguf

The weights are random but for one thing: the output matrix holds, for every token, the embedding of the byte before it,
so that each byte's successor gets a logit that stands out. The layers add about half of the length of what runs through
the model, so every weight has a say in every logit, and the lead of the first token is several standard deviations
where that of wholly random weights would often be less than the rounding of activations.
"""

import sys
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from kernels.contracts.formats import block_format, quantized
from tests.infer.quantizers import quantize

SPECIAL = ("<unk>", "<s>", "</s>")
TOKENS = (*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581")
LAYERS, HEADS, KV_HEADS, CONTEXT = 2, 4, 2, 256


def make(kind: str, path: Path, seed: int = 0) -> Path:
    """Write a model whose matrices are all of the type; 64 wide, or 256 where a block holds as much."""
    width = 256 if quantized(kind) and block_format(kind).elements == 256 else 64
    writer = gguf.GGUFWriter(path, "llama")
    _metadata(writer, width)
    for name, matrix in _weights(width, np.random.default_rng(seed)).items():
        if matrix.ndim == 1 or kind == "f32":
            writer.add_tensor(name, matrix)
        else:
            packed = quantize(kind, matrix)
            writer.add_tensor(name, packed, raw_dtype=gguf.GGMLQuantizationType[kind.upper()])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _metadata(writer: gguf.GGUFWriter, width: int) -> None:
    writer.add_block_count(LAYERS)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(width // HEADS)
    writer.add_context_length(CONTEXT)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(TOKENS)
    writer.add_token_scores([0.0] * len(TOKENS))
    writer.add_token_types([*(2, 3, 3), *[6] * 256, 1])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_space_prefix(False)


def _weights(width: int, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    kv_width, hidden = width // HEADS * KV_HEADS, 2 * width

    def matrix(rows: int, columns: int, gain: float) -> NDArray[np.float32]:
        return (rng.normal(size=(rows, columns)) * gain / np.sqrt(columns)).astype(np.float32)

    def norm() -> NDArray[np.float32]:
        return rng.uniform(0.8, 1.2, width).astype(np.float32)

    embedding = rng.normal(size=(len(TOKENS), width)).astype(np.float32)
    weights = {"token_embd.weight": embedding, "output_norm.weight": norm()}
    for n in range(LAYERS):
        layer = {
            "attn_norm": norm(),
            "attn_q": matrix(width, width, 1.5),
            "attn_k": matrix(kv_width, width, 1.5),
            "attn_v": matrix(kv_width, width, 1.0),
            "attn_output": matrix(width, width, 0.5),
            "ffn_norm": norm(),
            "ffn_gate": matrix(hidden, width, 1.0),
            "ffn_up": matrix(hidden, width, 1.0),
            "ffn_down": matrix(width, hidden, 0.5),
        }
        weights |= {f"blk.{n}.{name}.weight": tensor for name, tensor in layer.items()}
    weights["output.weight"] = np.roll(embedding, 1, axis=0) / np.float32(np.sqrt(width))
    return weights


if __name__ == "__main__":
    print(make(sys.argv[1], Path(sys.argv[2])))
