// dequantize_mul_mat_vec_*: weight rows times one vector of floats, by a group of 32 lanes.
#pragma once
#include "../core/format.h"
#include "../core/reduce.h"

// The launch has a workgroup a row. One workgroup takes several rows, so that they share each access to the vector, and
// the last ones find nothing left to do.
constexpr int dequantize_mul_mat_vec_rows = 2;

DEVICE float sum_of(float4 v) { return (v.x + v.y) + (v.z + v.w); }

// What packed word w of a block contributes; y holds the activations of its planes.
template <typename Format>
DEVICE float multiply_word(const typename Format::Block& block, int w, const float4 (&y)[Format::planes]) {
    Codes codes[Format::planes][1];
    Format::template unpack<1>(block, w, codes);
    float sum = 0.0f;
#pragma unroll
    for (int p = 0; p < Format::planes; ++p) {
        Affine affine = Format::affine(block, element_of<Format>(w, p) / Format::group);
        float dot = code_value<Format::signed_codes>(codes[p][0], 0) * y[p].x;
        dot = fmaf(code_value<Format::signed_codes>(codes[p][0], 1), y[p].y, dot);
        dot = fmaf(code_value<Format::signed_codes>(codes[p][0], 2), y[p].z, dot);
        dot = fmaf(code_value<Format::signed_codes>(codes[p][0], 3), y[p].w, dot);
        sum = fmaf(affine.scale, dot, sum);
        if constexpr (Format::has_minimum || Format::bias != 0) sum = fmaf(offset<Format>(affine), sum_of(y[p]), sum);
    }
    return sum;
}

template <typename Format, int alignment>
DEVICE void multiply_rows_by_floats(const void* __restrict__ weights, const float* __restrict__ y,
                                    float* __restrict__ out, int columns, int row_count) {
    constexpr int rows = dequantize_mul_mat_vec_rows;
    int lane = static_cast<int>(threadIdx.x), first = static_cast<int>(blockIdx.x) * rows;
    if (first >= row_count) return;
    const typename Format::Block* row[rows];
#pragma unroll
    for (int r = 0; r < rows; ++r) row[r] = row_of_blocks<Format>(weights, min(first + r, row_count - 1), columns);

    float sum[rows] = {};
    int words = blocks_in<Format>(columns) * Format::packed;
#pragma unroll 4
    for (int i = lane; i < words; i += group_lanes) {
        int b = i / Format::packed, w = i % Format::packed;
        float4 values[Format::planes];
#pragma unroll
        for (int p = 0; p < Format::planes; ++p) {
            values[p] = load_float4<alignment>(y + b * Format::elements + element_of<Format>(w, p));
        }
#pragma unroll
        for (int r = 0; r < rows; ++r) sum[r] += multiply_word<Format>(row[r][b], w, values);
    }
    float total = sum_over_lanes(sum, lane);
    constexpr int lanes_each = group_lanes / rows;
    if (lane % lanes_each == 0 && first + lane / lanes_each < row_count) out[first + lane / lanes_each] = total;
}

template <typename Format>
DEVICE void dequantize_mul_mat_vec(const void* __restrict__ weights, const float* __restrict__ y,
                                   float* __restrict__ out, int columns, int row_count) {
    if (load_takes_any_address || reinterpret_cast<uintptr_t>(y) % 16 == 0) {
        multiply_rows_by_floats<Format, 16>(weights, y, out, columns, row_count);
    } else {
        multiply_rows_by_floats<Format, 4>(weights, y, out, columns, row_count);
    }
}
