// dequantize_mul_mat_vec_*: weight rows times one vector of floats, a group of 32 lanes a row.
#pragma once
#include "../core/format.h"
#include "../core/reduce.h"

// Packed words of a block that a lane takes: more where a scale is costly to decode.
template <typename Format>
CONSTANT int lane_words() {
    return Format::elements == q8_1_elements ? 1 : 2;
}

DEVICE float sum_of(float4 v) { return (v.x + v.y) + (v.z + v.w); }

template <typename Format>
DEVICE float dot_floats(Codes codes, float4 y) {
    float dot = code_value<Format::signed_codes>(codes, 0) * y.x;
    dot = fmaf(code_value<Format::signed_codes>(codes, 1), y.y, dot);
    dot = fmaf(code_value<Format::signed_codes>(codes, 2), y.z, dot);
    return fmaf(code_value<Format::signed_codes>(codes, 3), y.w, dot);
}

// What packed words w .. of a block contribute; y points to the activations of the block's first element.
template <typename Format, int alignment>
DEVICE float multiply_words(const typename Format::Block& block, int w, const float* __restrict__ y) {
    constexpr int words = lane_words<Format>();
    auto packed = Format::template load<words>(block, w);
    int first = element_of<Format>(w);
    float sum = 0.0f;
#pragma unroll
    for (int p = 0; p < Format::planes; ++p) {
        int element = first + p * plane_stride<Format>;
        Affine affine = Format::affine(block, first / Format::group + p * plane_stride<Format> / Format::group);
        float dot = 0.0f, total = 0.0f;
#pragma unroll
        for (int k = 0; k < words; ++k) {
            float4 values = load_float4<alignment>(y + element + 4 * k);
            dot += dot_floats<Format>(Format::decode(packed, w, p, k), values);
            total += sum_of(values);
        }
        sum = fmaf(affine.scale, dot, sum);
        if constexpr (Format::has_minimum || Format::bias != 0) sum = fmaf(offset<Format>(affine), total, sum);
    }
    return sum;
}

// A lane stays at its place in the block and goes from block to block.
template <typename Format, int alignment>
DEVICE float multiply_row(const typename Format::Block* __restrict__ block, const float* __restrict__ y, int blocks) {
    constexpr int words = lane_words<Format>(), lanes = Format::packed_words / words, blocks_each = group_lanes / lanes;
    int lane = thread_number<1>(), w = lane % lanes * words;
    float sum = 0.0f;
#pragma unroll 4
    for (int b = lane / lanes; b < blocks; b += blocks_each) {
        sum += multiply_words<Format, alignment>(block[b], w, y + b * Format::elements);
    }
    return sum;
}

template <typename Format>
DEVICE void dequantize_mul_mat_vec(const void* __restrict__ weights, const float* __restrict__ y,
                                   float* __restrict__ out, int columns) {
    int row = static_cast<int>(blockIdx.x), lane = static_cast<int>(threadIdx.x), blocks = blocks_in<Format>(columns);
    auto* block = row_of_blocks<Format>(weights, row, columns);
    float sum[1];
    if (load_takes_any_address || reinterpret_cast<uintptr_t>(y) % 16 == 0) {
        sum[0] = multiply_row<Format, 16>(block, y, blocks);
    } else {
        sum[0] = multiply_row<Format, 4>(block, y, blocks);
    }
    float total = sum_over_lanes(sum, lane);
    if (lane == 0) out[row] = total;
}
