// indexed_moe_forward_*: for every (batch entry, slot) the rows of the expert that `indices` names times its input.
#pragma once
#include "mul_mat_vec_q8_1.h"

constexpr int indexed_moe_rows = 2, indexed_moe_groups = 4;

// Grid (rows, batch, slots). An input row serves all slots of a batch entry (`inputs_each` 1) or one slot. Rows are short
// and many: each group of 32 threads has rows of its own, and all but the first workgroups find nothing left to do.
template <typename Format>
DEVICE void indexed_moe_forward(const void* __restrict__ weights, const void* __restrict__ inputs,
                                const uint32_t* __restrict__ indices, float* __restrict__ out, int rows, int columns,
                                int padded_columns, int inputs_each) {
    int64_t batch = blockIdx.y, pair = batch * gridDim.z + blockIdx.z, input = inputs_each == 1 ? batch : pair;
    int64_t expert_blocks = static_cast<int64_t>(indices[pair]) * rows * blocks_in<Format>(columns);
    int group = static_cast<int>(blockIdx.x) * indexed_moe_groups + static_cast<int>(threadIdx.y);
    multiply_and_store<Format, indexed_moe_rows, 1, 1>(
        static_cast<const typename Format::Block*>(weights) + expert_blocks,
        static_cast<const block_q8_1*>(inputs) + input * (padded_columns / q8_1_elements), out + pair * rows,
        group * indexed_moe_rows, columns, padded_columns, rows);
}
