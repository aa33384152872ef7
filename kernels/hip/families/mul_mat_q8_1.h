// mul_mat_*: a matrix of weights times a matrix of q8_1 activations, by tiles in LDS and integer dot products.
//
// A workgroup of 128 work-items makes a tile of tile_rows x tile_columns results. Along the columns of the weights it
// goes in steps: weights are unpacked to bytes in LDS once, then every work-item multiplies its 8 rows with its columns
// from registers.
#pragma once
#include "mul_mat_tile.h"

// Adds what the elements of group `group` of the step contribute to the work-item's results. Scale and offset meet before
// the long sum: both may be large and of opposite sign.
template <typename Format>
DEVICE void multiply_group(const TileMemory<Format>& tile, int group,
                           float (&sum)[Tile<Format>::thread_columns][Tile<Format>::thread_rows]) {
    using T = Tile<Format>;
    constexpr int words = Format::group / 4, groups_a_block = q8_1_elements / Format::group;
    int row_lane = tile_thread() % T::row_lanes, column_lane = tile_thread() / T::row_lanes;
    Codes weights[T::thread_rows][words];
#pragma unroll
    for (int r = 0; r < T::thread_rows; ++r) {
        load_words<16>(&tile.weights[row_lane + r * T::row_lanes][group * words], weights[r]);
    }
#pragma unroll
    for (int c = 0; c < T::thread_columns; ++c) {
        if (c % 2 == 0) scheduling_fence();
        int column = column_lane + c * T::column_lanes;
        Codes activations[words];
        load_words<16>(&tile.activations[column][group * words], activations);
        float scale = tile.activation_scale[group / groups_a_block][column];
#pragma unroll
        for (int r = 0; r < T::thread_rows; ++r) {
            int row = row_lane + r * T::row_lanes, dot = 0;
#pragma unroll
            for (int k = 0; k < words; ++k) dot = dot4(weights[r][k], activations[k], dot);
            float product = tile.weight_scale[group][row] * static_cast<float>(dot);
            if constexpr (!T::has_offset) {
                sum[c][r] = fmaf(scale, product, sum[c][r]);
            } else if constexpr (T::stored_sum) {
                sum[c][r] = fmaf(tile.weight_offset[group][row], tile.activation_sum[group][column], sum[c][r]);
                sum[c][r] = fmaf(scale, product, sum[c][r]);
            } else {
                float offset_product = tile.weight_offset[group][row] * tile.activation_sum[group][column];
                sum[c][r] = fmaf(scale, product + offset_product, sum[c][r]);
            }
        }
    }
}

template <typename Format>
DEVICE void store_results(float* __restrict__ out, int out_stride, const Matrices<Format>& in,
                          const float (&sum)[Tile<Format>::thread_columns][Tile<Format>::thread_rows]) {
    using T = Tile<Format>;
#pragma unroll
    for (int i = 0; i < T::thread_columns * T::thread_rows; ++i) {
        int c = i / T::thread_rows, r = i % T::thread_rows;
        int row = in.first_row + tile_thread() % T::row_lanes + r * T::row_lanes;
        int column = in.first_column + tile_thread() / T::row_lanes + c * T::column_lanes;
        if (row < in.row_count && column < in.column_count) {
            out[static_cast<int64_t>(column) * out_stride + row] = sum[c][r];
        }
    }
}

template <typename Format>
DEVICE void mul_mat_q8_1(const void* __restrict__ weights, const void* __restrict__ activations,
                         float* __restrict__ out, int columns, int row_count, int column_count, int padded_columns,
                         int out_stride) {
    using T = Tile<Format>;
    __shared__ TileMemory<Format> tile;
    Matrices<Format> in = {static_cast<const typename Format::Block*>(weights),
                           static_cast<const block_q8_1*>(activations),
                           blocks_in<Format>(columns),
                           row_count,
                           padded_columns / q8_1_elements,
                           column_count,
                           static_cast<int>(blockIdx.x) * T::rows,
                           static_cast<int>(blockIdx.y) * T::columns};
    float sum[T::thread_columns][T::thread_rows] = {};
    int steps = (in.row_blocks * Format::elements + T::step - 1) / T::step;
    Carried<Format> carried;
    find_rows(carried, in);
    if (steps > 0) load_step(carried, in, 0);
    for (int step = 0; step < steps; ++step) {
        store_weights(tile, carried, step);
        store_scales(tile, carried, in, step);
        store_activations(tile, carried, in, step);
        __syncthreads();
        load_step(carried, in, min(step + 1, steps - 1));
#pragma unroll T::many_results ? 1 : iterations_together
        for (int group = 0; group < T::groups; ++group) multiply_group(tile, group, sum);
        __syncthreads();
    }
    store_results(out, out_stride, in, sum);
}
