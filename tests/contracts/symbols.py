"""The 142 kernel names of candle's quantized.cu at 5152ef621."""

LEGACY = ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0")
K = ("q2_K", "q3_K", "q4_K", "q5_K", "q6_K")

SYMBOLS = (
    *(f"dequantize_block_{kind}_{out}" for kind in (*LEGACY, *K, "q8_K") for out in ("f32", "f16")),
    "quantize_q8_1",
    *(f"dequantize_mul_mat_vec_{kind}_cuda" for kind in LEGACY),
    *(f"dequantize_mul_mat_vec_{kind.lower()}" for kind in K),
    *(f"mul_mat_vec_{kind}_q8_1_cuda{batch}" for kind in (*LEGACY, *K) for batch in range(1, 9)),
    *(f"mul_mat_{kind}" for kind in (*LEGACY, *K)),
    *(f"get_rows_{kind}" for kind in ("f32", "f16", "bf16", *LEGACY, *K)),
    *(f"indexed_moe_forward_{kind}_q8_1" for kind in ("q2k", "q3k", "q4k", "q5k", "q6k", "q8_0")),
)
