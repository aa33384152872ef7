// indexed_moe_forward_*: for every (batch entry, slot) the rows of the expert that `indices` names times its input.
#pragma once
#include "mul_mat_vec_q8_1.h"

// Grid (rows, batch, slots). An input row serves all slots of a batch entry (`inputs_each` 1) or one slot.
template <typename Format>
DEVICE void indexed_moe_forward(const void* __restrict__ weights, const void* __restrict__ inputs,
                                const uint32_t* __restrict__ indices, float* __restrict__ out, int rows, int columns,
                                int padded_columns, int inputs_each) {
    constexpr int groups = 4;
    int slots = static_cast<int>(gridDim.z), batch = static_cast<int>(blockIdx.y), slot = static_cast<int>(blockIdx.z);
    int64_t pair = static_cast<int64_t>(batch) * slots + slot;
    int64_t expert_blocks = static_cast<int64_t>(indices[pair]) * rows * blocks_in<Format>(columns);
    int64_t input = inputs_each == 1 ? batch : pair;
    int row = static_cast<int>(blockIdx.x), stride = padded_columns / q8_1_elements;

    auto* expert = static_cast<const typename Format::Block*>(weights) + expert_blocks;
    const typename Format::Block* only[1] = {row_of_blocks<Format>(expert, row, columns)};
    float partial[1] = {};
    multiply_rows<Format, 1, 1, groups * group_lanes>(only, static_cast<const block_q8_1*>(inputs) + input * stride,
                                                      stride, columns, partial);
    sum_over_workgroup<groups>(partial, [=](int, float sum) { out[pair * rows + row] = sum; });
}
