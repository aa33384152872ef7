// dequantize_block_*: blocks to floats or halves, in element order.
#pragma once
#include "../core/format.h"

template <typename Out>
struct alignas(4 * sizeof(Out)) Quad {
    Out value[4];
};

DEVICE void convert(float from, float& to) { to = from; }
DEVICE void convert(float from, __half& to) { to = __float2half(from); }

// Decodes elements 4 * quad .. + 3 of a block. Each is rounded once: fmaf adds the offset to the unrounded product, and
// the offset itself is exact.
template <typename Format, typename Out>
DEVICE void decode_quad(const typename Format::Block& block, int quad, Out* __restrict__ block_out) {
    int word = word_of_quad<Format>(quad), plane = plane_of_quad<Format>(quad);
    Codes codes = Format::decode(Format::template load<1>(block, word), word, plane, 0);
    Affine affine = Format::affine(block, quad * 4 / Format::group);
    Quad<Out> decoded;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
        float code = code_value<Format::signed_codes>(codes, k);
        convert(fmaf(affine.scale, code, offset<Format>(affine)), decoded.value[k]);
    }
    reinterpret_cast<Quad<Out>*>(block_out)[quad] = decoded;
}

// A workgroup of `threads` decodes `blocks` blocks from block `first` on, as far as there are any. Neighbours take
// neighbouring elements, so that their stores meet.
template <typename Format, int blocks, int threads, typename Out>
DEVICE void decode_blocks(const typename Format::Block* __restrict__ block, Out* __restrict__ out, int64_t first,
                          int64_t block_count) {
    constexpr int quads_each = Format::elements / 4, quads = blocks * quads_each;
    constexpr int rounds = (quads + threads - 1) / threads;
#pragma unroll
    for (int round = 0; round < rounds; ++round) {
        int quad = static_cast<int>(threadIdx.x) + round * threads;
        int64_t b = first + quad / quads_each;
        if (quad >= quads || b >= block_count) return;
        decode_quad<Format>(block[b], quad % quads_each, out + b * Format::elements);
    }
}

template <typename Format, typename Out>
DEVICE void dequantize(const void* __restrict__ blocks, Out* __restrict__ out, int block_count) {
    decode_blocks<Format, Format::dequantize_blocks, Format::dequantize_threads>(
        static_cast<const typename Format::Block*>(blocks), out,
        static_cast<int64_t>(blockIdx.x) * Format::dequantize_blocks, block_count);
}
