// What a block format tells the families. A format is a struct with these members; q5_1.hip is a worked example.
//
//   Block          the packed block, exactly as it lies in memory
//   elements       elements a block: 32 or 256
//   alignment      of a block in a row of blocks, in bytes: 2, 4, 8 or 16
//   group          elements that share one Affine: 16 or 32
//   packed_words   words of packed codes a block. A packed word carries `planes` words of four codes each
//   planes, run    plane p of packed word w holds the codes of elements element_of(w) + p * plane_stride .. + 3: `run`
//                  packed words in a row continue each other, their planes lie 4 * run elements apart
//   signed_codes   whether codes are signed bytes; they are unsigned, at most 127, otherwise
//   bias           what has to be taken off an unsigned code
//   has_minimum    whether Affine::minimum is ever other than zero
//   Packed<words>  what is read of a block for `words` packed words, as Fields: nothing waits for them before decode
//   load<words>(block, w)            reads them, from word w (a multiple of `words`) on
//   decode(packed, w, p, k)          the codes of plane p in the k-th of them
//   affine(block, g)                 scale and minimum of group g
//   slice_words    packed words that a thread takes at a time in the products with q8_1
//
//   stored_sum_in_mul_mat_vec, stored_sum_in_mul_mat
//                  whether what a group adds (minimum, bias) multiplies the sum s that q8_1 stores, instead of the sum
//                  of what q8_1 decodes to. Callers see the difference, so each format follows the CUDA kernels
//   dequantize_threads, dequantize_blocks     work-items and blocks a workgroup of dequantize_block_*
//   tile_rows, tile_columns                   of weights and of activations a workgroup of mul_mat_*
//
// x = scale * (code - bias) + minimum.
#pragma once
#include "codes.h"
#include "q8_1.h"

struct Affine {
    float scale, minimum;
};

// Elements from one plane of a packed word to the next.
template <typename Format>
constexpr int plane_stride = 4 * Format::run;

// The first element of a packed word, in plane 0. What lies in other planes is told by constant distances from here, so
// that one address serves all of them.
template <typename Format>
CONSTANT int element_of(int word) {
    return word / Format::run * (plane_stride<Format> * Format::planes) + word % Format::run * 4;
}

// The reverse, for four elements 4 * quad .. + 3: their packed word and their plane.
template <typename Format>
CONSTANT int word_of_quad(int quad) {
    return quad / (Format::run * Format::planes) * Format::run + quad % Format::run;
}
template <typename Format>
CONSTANT int plane_of_quad(int quad) {
    return quad / Format::run % Format::planes;
}

// Blocks that hold `columns` elements.
template <typename Format>
CONSTANT int blocks_in(int columns) {
    return columns / Format::elements;
}

template <typename Format>
DEVICE const typename Format::Block* row_of_blocks(const void* blocks, int row, int columns) {
    return static_cast<const typename Format::Block*>(blocks) + static_cast<int64_t>(row) * blocks_in<Format>(columns);
}

// The part of x that does not depend on the code: x = scale * code + offset(affine).
template <typename Format>
DEVICE float offset(Affine affine) {
    if constexpr (Format::bias == 0) return affine.minimum;
    return fmaf(affine.scale, -static_cast<float>(Format::bias), affine.minimum);
}
