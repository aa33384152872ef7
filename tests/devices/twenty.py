"""Twenty of the shipped kernels, of all families, by source."""

KERNELS = {
    "q5_1.hip": [
        "dequantize_block_q5_1_f32",
        "dequantize_block_q5_1_f16",
        "get_rows_q5_1",
        "dequantize_mul_mat_vec_q5_1_cuda",
        "mul_mat_vec_q5_1_q8_1_cuda1",
        "mul_mat_vec_q5_1_q8_1_cuda3",
        "mul_mat_vec_q5_1_q8_1_cuda8",
        "mul_mat_q5_1",
    ],
    "q4_K.hip": [
        "dequantize_block_q4_K_f32",
        "dequantize_block_q4_K_f16",
        "get_rows_q4_K",
        "dequantize_mul_mat_vec_q4_k",
        "mul_mat_vec_q4_K_q8_1_cuda1",
        "mul_mat_vec_q4_K_q8_1_cuda2",
        "mul_mat_q4_K",
        "indexed_moe_forward_q4k_q8_1",
    ],
    "get_rows_float.hip": ["get_rows_f32", "get_rows_f16", "get_rows_bf16"],
    "quantize_q8_1.hip": ["quantize_q8_1"],
}
