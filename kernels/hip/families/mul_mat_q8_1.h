// mul_mat_*: a matrix of weights times a matrix of q8_1 activations, by tiles in LDS and integer dot products.
//
// A workgroup of 128 work-items makes a tile of tile_rows x tile_columns results. Along the columns of the weights it
// goes in steps of 64 or 128 elements: weights are unpacked to bytes in LDS once, then every work-item multiplies its 8 rows
// with its columns from registers.
#pragma once
#include "../core/format.h"

template <typename Format>
struct Tile {
    static constexpr int threads = 128;
    static constexpr int span = Format::run * Format::planes * 4; // elements that packed words reach over
    static constexpr int step = span > 64 ? span : 64;            // elements of a row a step
    static constexpr int step_words = step / 4;                   // codes come four a word
    static constexpr int stride = step_words + 4;                 // 16-byte rows that start in different banks
    static constexpr int step_blocks = step / q8_1_elements;      // q8_1 blocks a step
    static constexpr int groups = step / Format::group;           // scales a row and step
    static constexpr int step_packed = Format::packed_words * step / Format::elements;
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

// The block of row `row` of the tile that holds element `element` of the weights' row. Rows past the last one repeat it
// (their results are not stored); so does what lies past a row's end (its scale will be zero).
template <typename Format>
DEVICE const typename Format::Block& weight_block(const MatrixArguments<Format>& in, int row, int element) {
    int64_t whole = in.first_row + min(row, in.row_count - 1 - in.first_row);
    return in.weights[whole * in.row_blocks + min(element / Format::elements, in.row_blocks - 1)];
}

template <typename Format>
DEVICE const block_q8_1& activation_block(const MatrixArguments<Format>& in, int column, int block) {
    int64_t whole = in.first_column + min(column, in.column_count - 1 - in.first_column);
    return in.activations[whole * in.column_stride + block];
}

// What a work-item carries from memory to LDS in a step, still packed: read while the step before is worked on.
template <typename Format>
struct Fetched {
    using T = Tile<Format>;
    static constexpr int words = 4, slices = T::step_packed / words;
    static constexpr int weight_rounds = T::rows * slices / T::threads;
    static constexpr int activation_rounds = T::columns * T::step_blocks / T::threads;
    // Where results take up most registers, activations are left to be read when they are stored.
    static constexpr bool carries_activations = T::thread_rows * T::thread_columns <= 64;
    typename Format::template Packed<words> weights[weight_rounds];
    Codes activations[carries_activations ? activation_rounds : 1][q8_1_elements / 4];
};

template <typename Format>
DEVICE void fetch(Fetched<Format>& fetched, const MatrixArguments<Format>& in, int step) {
    using T = Tile<Format>;
    using F = Fetched<Format>;
#pragma unroll
    for (int round = 0; round < F::weight_rounds; ++round) {
        int i = thread_number() + round * T::threads, word = step * T::step_packed + i % F::slices * F::words;
        const auto& block = weight_block(in, i / F::slices, word / Format::packed_words * Format::elements);
        fetched.weights[round] = Format::template load<F::words>(block, word % Format::packed_words);
    }
    if constexpr (!F::carries_activations) return;
#pragma unroll
    for (int round = 0; round < F::activation_rounds; ++round) {
        int i = thread_number() + round * T::threads, block = step * T::step_blocks + i % T::step_blocks;
        load_codes(activation_block(in, i / T::step_blocks, block), 0, fetched.activations[round]);
    }
}

template <typename Format>
DEVICE void store_weight_codes(TileMemory<Format>& tile, const Fetched<Format>& fetched, int step) {
    using T = Tile<Format>;
    using F = Fetched<Format>;
#pragma unroll
    for (int i = 0; i < F::weight_rounds * Format::planes; ++i) {
        int round = i / Format::planes, p = i % Format::planes, item = thread_number() + round * T::threads;
        int first = item % F::slices * F::words, word = (step * T::step_packed + first) % Format::packed_words;
        Codes* to = &tile.weights[item / F::slices][element_of<Format>(first, p) / 4];
        Chunk<16> chunk;
#pragma unroll
        for (int k = 0; k < F::words; ++k) {
            Codes codes = Format::decode(fetched.weights[round], word, p, k);
            chunk.word[k] = T::stored_sum ? codes : remove_bias<Format::bias>(codes);
        }
        *reinterpret_cast<Chunk<16>*>(to) = chunk;
    }
}

template <typename Format>
DEVICE void store_weight_scales(TileMemory<Format>& tile, const MatrixArguments<Format>& in, int step) {
    using T = Tile<Format>;
#pragma unroll
    for (int round = 0; round < T::rows * T::groups / T::threads; ++round) {
        int i = thread_number() + round * T::threads, row = i / T::groups, group = i % T::groups;
        int element = step * T::step + group * Format::group;
        Affine affine = Format::affine(weight_block(in, row, element), element % Format::elements / Format::group);
        bool inside = element < in.row_blocks * Format::elements;
        tile.weight_scale[group][row] = inside ? affine.scale : 0.0f;
        if constexpr (T::has_offset) {
            tile.weight_offset[group][row] = !inside ? 0.0f : T::stored_sum ? offset<Format>(affine) : affine.minimum;
        }
    }
}

// Sums of a q8_1 block: the stored one, or those of its codes in each group of the weights.
template <typename Format>
DEVICE void store_sums(TileMemory<Format>& tile, int block, int column, float2 scale_sum,
                       const Codes (&codes)[q8_1_elements / 4]) {
    using T = Tile<Format>;
    constexpr int groups = q8_1_elements / Format::group, words = Format::group / 4;
#pragma unroll
    for (int g = 0; g < groups; ++g) {
        int sum = 0;
#pragma unroll
        for (int k = 0; k < words; ++k) sum = dot4(codes[g * words + k], 0x01010101, sum);
        tile.activation_sum[block * groups + g][column] = T::stored_sum ? scale_sum.y : static_cast<float>(sum);
    }
}

template <typename Format>
DEVICE void store_activations(TileMemory<Format>& tile, const Fetched<Format>& fetched,
                              const MatrixArguments<Format>& in, int step) {
    using T = Tile<Format>;
    constexpr int words = q8_1_elements / 4;
#pragma unroll
    for (int round = 0; round < Fetched<Format>::activation_rounds; ++round) {
        int i = thread_number() + round * T::threads, column = i / T::step_blocks, block = i % T::step_blocks;
        const block_q8_1& from = activation_block(in, column, step * T::step_blocks + block);
        Codes codes[words];
        if constexpr (!Fetched<Format>::carries_activations) load_codes(from, 0, codes);
#pragma unroll
        for (int k = 0; k < words; ++k) {
            if constexpr (Fetched<Format>::carries_activations) codes[k] = fetched.activations[round][k];
            tile.activations[column][block * words + k] = codes[k];
        }
        float2 scale_sum = scale_and_sum(from);
        tile.activation_scale[block][column] = scale_sum.x;
        if constexpr (T::has_offset) store_sums(tile, block, column, scale_sum, codes);
    }
}

// Adds what the elements of group `group` of the step contribute to the work-item's results. Scale and offset meet before
// the long sum: both may be large and of opposite sign.
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
            float product = tile.weight_scale[group][row] * static_cast<float>(dot);
            if constexpr (!T::has_offset) {
                sum[c][r] = fmaf(scale, product, sum[c][r]);
            } else if constexpr (T::stored_sum) {
                sum[c][r] += fmaf(scale, product, tile.weight_offset[group][row] * tile.activation_sum[group][column]);
            } else {
                float offset_product = tile.weight_offset[group][row] * tile.activation_sum[group][column];
                sum[c][r] = fmaf(scale, product + offset_product, sum[c][r]);
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
    Fetched<Format> fetched;
    if (steps > 0) fetch(fetched, in, 0);
    for (int step = 0; step < steps; ++step) {
        store_weight_codes(tile, fetched, step);
        store_weight_scales(tile, in, step);
        store_activations(tile, fetched, in, step);
        __syncthreads();
        fetch(fetched, in, min(step + 1, steps - 1));
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
