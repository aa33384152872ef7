// mul_mat_*: a matrix of weights times a matrix of q8_1 activations, by tiles in LDS and integer dot products.
//
// A workgroup of 128 work-items makes a tile of tile_rows x tile_columns results. Along the columns of the weights it
// goes in steps: weights are unpacked to bytes in LDS once, then every work-item multiplies its 8 rows with its columns
// from registers.
#pragma once
#include "mul_mat_tile.h"

template <typename Format>
struct Operands {
    using T = Tile<Format>;
    static constexpr int words = Format::group / 4;
    Codes weights[T::thread_rows][words];
    Codes activations[2][words];  // of the column in hand and of the next one
};

DEVICE int row_lane(int lanes) { return thread_number() % lanes; }
DEVICE int column_lane(int lanes) { return thread_number() / lanes; }

template <typename Format>
DEVICE void load_row(Operands<Format>& operands, const TileMemory<Format>& tile, int group, int r) {
    using T = Tile<Format>;
    int row = row_lane(T::row_lanes) + r * T::row_lanes;
    load_words<16>(&tile.weights[row][group * Operands<Format>::words], operands.weights[r]);
}

template <typename Format>
DEVICE void load_column(Operands<Format>& operands, const TileMemory<Format>& tile, int group, int c) {
    using T = Tile<Format>;
    int column = column_lane(T::row_lanes) + c * T::column_lanes;
    load_words<16>(&tile.activations[column][group * Operands<Format>::words], operands.activations[c % 2]);
}

// Adds what one group contributes to one result. Where offsets are not q8_1's own sums, they meet the product before
// the long sum: both may be large and of opposite sign.
template <typename Format>
DEVICE float add_product(const TileMemory<Format>& tile, int group, int row, int column, int dot, float sum) {
    using T = Tile<Format>;
    float scale = tile.activation_scale[group * Format::group / q8_1_elements][column];
    float product = tile.weight_scale[group][row] * static_cast<float>(dot);
    if constexpr (T::has_offset) {
        float offset = tile.weight_offset[group][row], factor = tile.activation_sum[group][column];
        if constexpr (T::stored_sum) sum = fmaf(offset, factor, sum);
        if constexpr (!T::stored_sum) product = fmaf(offset, factor, product);
    }
    return fmaf(scale, product, sum);
}

// Multiplies a group of elements of all rows and columns of the work-item. Operands for what comes after are read as soon
// as their registers are free: the next column's at once, the next group's rows as the last column is done with them.
template <typename Format>
DEVICE void multiply_group(Operands<Format>& operands, const TileMemory<Format>& tile, int group, int next_group,
                           float (&sum)[Tile<Format>::thread_columns][Tile<Format>::thread_rows]) {
    using T = Tile<Format>;
    static_assert(T::thread_columns % 2 == 0, "the first column of every group uses the same half of `activations`");
#pragma unroll
    for (int c = 0; c < T::thread_columns; ++c) {
        if (c % 2 == 0) scheduling_fence();
        bool last = c + 1 == T::thread_columns;
        load_column(operands, tile, last ? next_group : group, last ? 0 : c + 1);
        int column = column_lane(T::row_lanes) + c * T::column_lanes;
#pragma unroll
        for (int r = 0; r < T::thread_rows; ++r) {
            int dot = 0;
#pragma unroll
            for (int k = 0; k < Operands<Format>::words; ++k) {
                dot = dot4(operands.weights[r][k], operands.activations[c % 2][k], dot);
            }
            if (last) load_row(operands, tile, next_group, r);
            int row = row_lane(T::row_lanes) + r * T::row_lanes;
            sum[c][r] = add_product(tile, group, row, column, dot, sum[c][r]);
        }
    }
}

template <typename Format>
DEVICE void multiply_step(const TileMemory<Format>& tile,
                          float (&sum)[Tile<Format>::thread_columns][Tile<Format>::thread_rows]) {
    using T = Tile<Format>;
    Operands<Format> operands;
#pragma unroll
    for (int r = 0; r < T::thread_rows; ++r) load_row(operands, tile, 0, r);
    load_column(operands, tile, 0, 0);
#pragma unroll 1
    for (int group = 0; group < T::groups; ++group) {
        multiply_group(operands, tile, group, min(group + 1, T::groups - 1), sum);
    }
}

template <typename Format>
DEVICE void store_results(float* __restrict__ out, int out_stride, const Matrices<Format>& in,
                          const float (&sum)[Tile<Format>::thread_columns][Tile<Format>::thread_rows]) {
    using T = Tile<Format>;
#pragma unroll
    for (int i = 0; i < T::thread_columns * T::thread_rows; ++i) {
        int c = i / T::thread_rows, r = i % T::thread_rows;
        int row = in.first_row + thread_number() % T::row_lanes + r * T::row_lanes;
        int column = in.first_column + thread_number() / T::row_lanes + c * T::column_lanes;
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
        multiply_step(tile, sum);
        __syncthreads();
    }
    store_results(out, out_stride, in, sum);
}
