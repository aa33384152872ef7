// The tile of mul_mat_*: its shape, its layout in LDS, and how weights and activations get there.
#pragma once
#include "../core/format.h"

template <typename Format>
struct Tile {
    static constexpr int threads = 128;
    static constexpr int step = 128;                          // elements of a row that are worked on at a time
    static constexpr int stride = step / 4 + 4;               // words; rows of 16 bytes that start in different banks
    static constexpr int step_blocks = step / q8_1_elements;  // q8_1 blocks a step
    static constexpr int groups = step / Format::group;       // scales a row and step
    static constexpr int step_packed = Format::packed_words * step / Format::elements;
    static constexpr int rows = Format::tile_rows, columns = Format::tile_columns;
    static constexpr int thread_rows = 8, row_lanes = rows / thread_rows;
    static constexpr int column_lanes = threads / row_lanes, thread_columns = columns / column_lanes;
    static constexpr bool many_results = thread_rows * thread_columns > 64;  // they take up most registers
    static constexpr bool stored_sum = Format::stored_sum_in_mul_mat;
    static constexpr bool has_offset = Format::has_minimum || (stored_sum && Format::bias != 0);
    static_assert(!stored_sum || Format::group == q8_1_elements, "a stored sum covers 32 elements");
    static_assert(threads % rows == 0, "a work-item reads scales of one row");
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

DEVICE int tile_thread() { return thread_number<4>(); }

template <typename Format>
struct Matrices {
    const typename Format::Block* weights;
    const block_q8_1* activations;
    int row_blocks, row_count;          // blocks a row of weights, rows
    int column_stride, column_count;    // q8_1 blocks from one vector of activations to the next, vectors
    int first_row, first_column;        // of the tile

    // Rows past the last one repeat it: their results are not stored. Columns alike.
    DEVICE_MEMBER int row_start(int row) const { return (first_row + min(row, row_count - 1 - first_row)) * row_blocks; }
    DEVICE_MEMBER int column_start(int column) const {
        return (first_column + min(column, column_count - 1 - first_column)) * column_stride;
    }
    // What lies past a row's end repeats the last block: its scale will be zero.
    DEVICE_MEMBER int block_in_row(int element) const { return min(element / Format::elements, row_blocks - 1); }
};

// What a work-item carries from memory to LDS in a step. It is read, still packed, while the step before is worked on.
template <typename Format>
struct Carried {
    using T = Tile<Format>;
    static constexpr int words = 4, slices = T::step_packed / words;
    static constexpr int weight_rounds = T::rows * slices / T::threads;
    static constexpr int activation_rounds = T::columns * T::step_blocks / T::threads;
    static constexpr int q8_1_words = sizeof(block_q8_1) / 4;
    static constexpr bool has_activations = !T::many_results;  // else they are read when they are stored

    int weight_row[weight_rounds], activation_column[activation_rounds], scale_row;  // where their blocks start
    typename Format::template Packed<words> weights[weight_rounds];
    Window<q8_1_words> activations[has_activations ? activation_rounds : 1];
};

template <typename Format>
DEVICE void find_rows(Carried<Format>& carried, const Matrices<Format>& in) {
    using T = Tile<Format>;
    using C = Carried<Format>;
#pragma unroll
    for (int round = 0; round < C::weight_rounds; ++round) {
        carried.weight_row[round] = in.row_start((tile_thread() + round * T::threads) / C::slices);
    }
#pragma unroll
    for (int round = 0; round < C::activation_rounds; ++round) {
        carried.activation_column[round] = in.column_start((tile_thread() + round * T::threads) / T::step_blocks);
    }
    carried.scale_row = in.row_start(tile_thread() % T::rows);
}

template <typename Format>
DEVICE const block_q8_1* activation_block(const Carried<Format>& carried, const Matrices<Format>& in, int step,
                                          int round) {
    using T = Tile<Format>;
    return in.activations + carried.activation_column[round] + step * T::step_blocks + tile_thread() % T::step_blocks;
}

template <typename Format>
DEVICE void load_step(Carried<Format>& carried, const Matrices<Format>& in, int step) {
    using T = Tile<Format>;
    using C = Carried<Format>;
    int word = step * T::step_packed + tile_thread() % C::slices * C::words;
    int block = in.block_in_row(word / Format::packed_words * Format::elements);
#pragma unroll
    for (int round = 0; round < C::weight_rounds; ++round) {
        carried.weights[round] = Format::template load<C::words>(in.weights[carried.weight_row[round] + block],
                                                                 word % Format::packed_words);
    }
    if constexpr (C::has_activations) {
#pragma unroll
        for (int round = 0; round < C::activation_rounds; ++round) {
            load_window(activation_block(carried, in, step, round), carried.activations[round]);
        }
    }
}

template <typename Format>
DEVICE void store_weights(TileMemory<Format>& tile, const Carried<Format>& carried, int step) {
    using T = Tile<Format>;
    using C = Carried<Format>;
    int first = tile_thread() % C::slices * C::words, word = (step * T::step_packed + first) % Format::packed_words;
#pragma unroll
    for (int i = 0; i < C::weight_rounds * Format::planes; ++i) {
        int round = i / Format::planes, p = i % Format::planes;
        Chunk<16> chunk;
#pragma unroll
        for (int k = 0; k < C::words; ++k) {
            Codes codes = Format::decode(carried.weights[round], word, p, k);
            chunk.word[k] = T::stored_sum ? codes : remove_bias<Format::bias>(codes);
        }
        int row = (tile_thread() + round * T::threads) / C::slices;
        *reinterpret_cast<Chunk<16>*>(&tile.weights[row][element_of<Format>(first) / 4 + p * Format::run]) = chunk;
    }
}

// Work-items in a row take rows in a row; where there are more work-items than rows, they share a row's groups.
template <typename Format>
DEVICE void store_scales(TileMemory<Format>& tile, const Carried<Format>& carried, const Matrices<Format>& in,
                         int step) {
    using T = Tile<Format>;
    constexpr int sharers = T::threads / T::rows;
    int row = tile_thread() % T::rows;
#pragma unroll
    for (int round = 0; round < T::groups / sharers; ++round) {
        int group = round * sharers + tile_thread() / T::rows, element = step * T::step + group * Format::group;
        const auto& block = in.weights[carried.scale_row + in.block_in_row(element)];
        Affine affine = Format::affine(block, element % Format::elements / Format::group);
        bool inside = element < in.row_blocks * Format::elements;
        tile.weight_scale[group][row] = inside ? affine.scale : 0.0f;
        if constexpr (T::has_offset) {
            tile.weight_offset[group][row] = !inside ? 0.0f : T::stored_sum ? offset<Format>(affine) : affine.minimum;
        }
    }
}

// Sums of a q8_1 block: the stored one, or those of its codes in each group of the weights.
template <typename Format>
DEVICE void store_sums(TileMemory<Format>& tile, int block, int column, float stored,
                       const Codes (&words)[Carried<Format>::q8_1_words]) {
    using T = Tile<Format>;
    constexpr int groups = q8_1_elements / Format::group, group_words = Format::group / 4;
#pragma unroll
    for (int g = 0; g < groups; ++g) {
        int sum = 0;
#pragma unroll
        for (int k = 0; k < group_words; ++k) sum = dot4(words[1 + g * group_words + k], 0x01010101, sum);
        tile.activation_sum[block * groups + g][column] = T::stored_sum ? stored : static_cast<float>(sum);
    }
}

template <typename Format>
DEVICE void store_activations(TileMemory<Format>& tile, const Carried<Format>& carried, const Matrices<Format>& in,
                              int step) {
    using T = Tile<Format>;
    using C = Carried<Format>;
    int block = tile_thread() % T::step_blocks;
#pragma unroll
    for (int round = 0; round < C::activation_rounds; ++round) {
        int column = (tile_thread() + round * T::threads) / T::step_blocks;
        const block_q8_1* from = activation_block(carried, in, step, round);
        Window<C::q8_1_words> read_now;
        if constexpr (!C::has_activations) load_window(from, read_now);
        Codes words[C::q8_1_words];
        words_of(C::has_activations ? carried.activations[round] : read_now, from, words);
#pragma unroll
        for (int k = 1; k < C::q8_1_words; k += 4) {
            Chunk<16> chunk = {{words[k], words[k + 1], words[k + 2], words[k + 3]}};
            *reinterpret_cast<Chunk<16>*>(&tile.activations[column][block * (q8_1_elements / 4) + k - 1]) = chunk;
        }
        auto both = static_cast<uint32_t>(words[0]);
        tile.activation_scale[block][column] = half_value(both & 0xffffu);
        if constexpr (T::has_offset) store_sums(tile, block, column, half_value(both >> 16), words);
    }
}
