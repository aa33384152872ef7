// mul_mat_*: a matrix of weights times a matrix of q8_1 activations, by tiles in LDS and integer dot products.
//
// A workgroup of 128 work-items makes a tile of tile_rows x tile_columns results. Along the columns of the weights it
// goes in steps of 128 elements: weights are unpacked to bytes in LDS once, then every work-item multiplies its 8 rows
// with its columns from registers.
#pragma once
#include "../core/format.h"

template <typename Format>
struct Tile {
    static constexpr int threads = 128;
    static constexpr int step = 128;                              // elements of a row a step
    static constexpr int step_words = step / 4;                   // codes come four a word
    static constexpr int stride = step_words + 4;                 // 16-byte rows that start in different banks
    static constexpr int step_blocks = step / q8_1_elements;      // q8_1 blocks a step
    static constexpr int groups = step / Format::group;           // scales a row and step
    static constexpr int step_packed = Format::packed * step / Format::elements;
    static constexpr int rows = Format::tile_rows, columns = Format::tile_columns;
    static constexpr int thread_rows = 8, row_lanes = rows / thread_rows;
    static constexpr int column_lanes = threads / row_lanes, thread_columns = columns / column_lanes;
    static constexpr bool stored_sum = Format::stored_sum_in_mul_mat;
    static constexpr bool has_offset = Format::has_minimum || (stored_sum && Format::bias != 0);
    static_assert(!stored_sum || Format::group == q8_1_elements, "a stored sum covers 32 elements");
};

template <typename Format>
struct TileMemory {
    using T = Tile<Format>;
    alignas(16) Codes weights[T::rows][T::stride];
    alignas(16) Codes activations[T::columns][T::stride];
    float weight_scale[T::groups][T::rows];
    float weight_offset[T::has_offset ? T::groups : 1][T::has_offset ? T::rows : 1];
    float activation_scale[T::step_blocks][T::columns];
    float activation_sum[T::has_offset ? T::groups : 1][T::has_offset ? T::columns : 1];
};

template <typename Format>
struct MatrixArguments {
    const typename Format::Block* weights;
    const block_q8_1* activations;
    int row_blocks, row_count, column_count, column_stride;
    int first_row, first_column;
};

DEVICE int thread_number() { return static_cast<int>(threadIdx.y * group_lanes + threadIdx.x); }

// Codes of one step. Rows past the last one repeat it (their results are not stored); blocks past the end of a row are
// zero and not read.
template <typename Format>
DEVICE const typename Format::Block& weight_block(const MatrixArguments<Format>& in, int row, int block) {
    int last = in.row_count - 1 - in.first_row;
    return in.weights[static_cast<int64_t>(in.first_row + min(row, last)) * in.row_blocks + block];
}

template <typename Format>
DEVICE void load_weight_codes(TileMemory<Format>& tile, const MatrixArguments<Format>& in, int step) {
    using T = Tile<Format>;
    constexpr int words = Format::slice_words, slices = T::step_packed / words;
#pragma unroll
    for (int round = 0; round < T::rows * slices / T::threads; ++round) {
        int i = thread_number() + round * T::threads, row = i / slices;
        int word = step * T::step_packed + i % slices * words, b = word / Format::packed;
        Codes codes[Format::planes][words] = {};
        if (b < in.row_blocks) {
            Format::template unpack<words>(weight_block(in, row, b), word % Format::packed, codes);
        }
        int element = b * Format::elements - step * T::step;
#pragma unroll
        for (int p = 0; p < Format::planes; ++p) {
            int to = (element + element_of<Format>(word % Format::packed, p)) / 4;
#pragma unroll
            for (int k = 0; k < words; ++k) {
                tile.weights[row][to + k] = T::stored_sum ? codes[p][k] : remove_bias<Format::bias>(codes[p][k]);
            }
        }
    }
}

template <typename Format>
DEVICE void load_weight_scales(TileMemory<Format>& tile, const MatrixArguments<Format>& in, int step) {
    using T = Tile<Format>;
#pragma unroll
    for (int round = 0; round < T::rows * T::groups / T::threads; ++round) {
        int i = thread_number() + round * T::threads, row = i / T::groups, group = i % T::groups;
        int element = step * T::step + group * Format::group, b = element / Format::elements;
        Affine affine = {0.0f, 0.0f};
        if (b < in.row_blocks) {
            affine = Format::affine(weight_block(in, row, b), element % Format::elements / Format::group);
        }
        tile.weight_scale[group][row] = affine.scale;
        if constexpr (T::has_offset) {
            tile.weight_offset[group][row] = T::stored_sum ? offset<Format>(affine) : affine.minimum;
        }
    }
}

// Decoded sums of a q8_1 block's codes: one, or one for each 16.
template <typename Format>
DEVICE void store_sums(TileMemory<Format>& tile, int block, int column, float2 scale_sum,
                       const Codes (&codes)[q8_1_elements / 4]) {
    using T = Tile<Format>;
    if constexpr (T::stored_sum) {
        tile.activation_sum[block][column] = scale_sum.y;
    } else {
        constexpr int each = q8_1_elements / Format::group, words = Format::group / 4;
#pragma unroll
        for (int g = 0; g < each; ++g) {
            int sum = 0;
#pragma unroll
            for (int k = 0; k < words; ++k) sum = dot4(codes[g * words + k], 0x01010101, sum);
            tile.activation_sum[block * each + g][column] = scale_sum.x * static_cast<float>(sum);
        }
    }
}

template <typename Format>
DEVICE void load_activations(TileMemory<Format>& tile, const MatrixArguments<Format>& in, int step) {
    using T = Tile<Format>;
    int last = in.column_count - 1 - in.first_column;
#pragma unroll
    for (int round = 0; round < T::columns * T::step_blocks / T::threads; ++round) {
        int i = thread_number() + round * T::threads, column = i / T::step_blocks, block = i % T::step_blocks;
        int64_t from_row = static_cast<int64_t>(in.first_column + min(column, last)) * in.column_stride;
        const block_q8_1& from = in.activations[from_row + step * T::step_blocks + block];
        Codes codes[q8_1_elements / 4];
        load_codes(from, 0, codes);
#pragma unroll
        for (int k = 0; k < q8_1_elements / 4; ++k) tile.activations[column][block * (q8_1_elements / 4) + k] = codes[k];
        float2 scale_sum = scale_and_sum(from);
        tile.activation_scale[block][column] = scale_sum.x;
        if constexpr (T::has_offset) store_sums(tile, block, column, scale_sum, codes);
    }
}

// Adds what the elements of group `group` of the step contribute to the work-item's results.
template <typename Format>
DEVICE void multiply_group(const TileMemory<Format>& tile, int group,
                           float (&sum)[Tile<Format>::thread_columns][Tile<Format>::thread_rows]) {
    using T = Tile<Format>;
    constexpr int words = Format::group / 4, groups_a_block = q8_1_elements / Format::group;
    int row_lane = thread_number() % T::row_lanes, column_lane = thread_number() / T::row_lanes;
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
            sum[c][r] = fmaf(tile.weight_scale[group][row] * scale, static_cast<float>(dot), sum[c][r]);
            if constexpr (T::has_offset) {
                sum[c][r] = fmaf(tile.weight_offset[group][row], tile.activation_sum[group][column], sum[c][r]);
            }
        }
    }
}

template <typename Format>
DEVICE void mul_mat_q8_1(const void* __restrict__ weights, const void* __restrict__ activations,
                         float* __restrict__ out, int columns, int row_count, int column_count, int padded_columns,
                         int out_stride) {
    using T = Tile<Format>;
    __shared__ TileMemory<Format> tile;
    MatrixArguments<Format> in = {static_cast<const typename Format::Block*>(weights),
                                  static_cast<const block_q8_1*>(activations),
                                  blocks_in<Format>(columns),
                                  row_count,
                                  column_count,
                                  padded_columns / q8_1_elements,
                                  static_cast<int>(blockIdx.x) * T::rows,
                                  static_cast<int>(blockIdx.y) * T::columns};
    float sum[T::thread_columns][T::thread_rows] = {};
    int steps = (in.row_blocks * Format::elements + T::step - 1) / T::step;
    for (int step = 0; step < steps; ++step) {
        load_weight_codes(tile, in, step);
        load_weight_scales(tile, in, step);
        load_activations(tile, in, step);
        __syncthreads();
#pragma unroll 1
        for (int group = 0; group < T::groups; ++group) multiply_group(tile, group, sum);
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < T::thread_columns * T::thread_rows; ++i) {
        int c = i / T::thread_rows, r = i % T::thread_rows;
        int row = in.first_row + thread_number() % T::row_lanes + r * T::row_lanes;
        int column = in.first_column + thread_number() / T::row_lanes + c * T::column_lanes;
        if (row < row_count && column < column_count) out[static_cast<int64_t>(column) * out_stride + row] = sum[c][r];
    }
}
