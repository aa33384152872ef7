// dequantize_mul_mat_vec_*: weight rows times one vector of floats. One group of 32 lanes a row.
#pragma once
#include "../core/format.h"
#include "../core/reduce.h"

// What packed word w of a block contributes; y points to the activations of the block's first element.
template <typename Format>
DEVICE float multiply_word(const typename Format::Block& block, int w, const float* __restrict__ y) {
    Codes codes[Format::planes][1];
    Format::template unpack<1>(block, w, codes);
    float sum = 0.0f;
#pragma unroll
    for (int p = 0; p < Format::planes; ++p) {
        int element = element_of<Format>(w, p);
        Affine affine = Format::affine(block, element / Format::group);
        float4 v = load_float4(y + element);
        float dot = code_value<Format::signed_codes>(codes[p][0], 0) * v.x;
        dot = fmaf(code_value<Format::signed_codes>(codes[p][0], 1), v.y, dot);
        dot = fmaf(code_value<Format::signed_codes>(codes[p][0], 2), v.z, dot);
        dot = fmaf(code_value<Format::signed_codes>(codes[p][0], 3), v.w, dot);
        sum = fmaf(affine.scale, dot, sum);
        if constexpr (Format::has_minimum || Format::bias != 0) {
            sum = fmaf(offset<Format>(affine), (v.x + v.y) + (v.z + v.w), sum);
        }
    }
    return sum;
}

template <typename Format>
DEVICE void dequantize_mul_mat_vec(const void* __restrict__ weights, const float* __restrict__ y,
                                   float* __restrict__ out, int columns) {
    int lane = static_cast<int>(threadIdx.x), row = static_cast<int>(blockIdx.x);
    auto* block = row_of_blocks<Format>(weights, row, columns);
    int words = blocks_in<Format>(columns) * Format::packed;
    float sum[1] = {0.0f};
#pragma unroll 4
    for (int i = lane; i < words; i += group_lanes) {
        int b = i / Format::packed;
        sum[0] += multiply_word<Format>(block[b], i % Format::packed, y + b * Format::elements);
    }
    float total = sum_over_lanes(sum, lane);
    if (lane == 0) out[row] = total;
}
