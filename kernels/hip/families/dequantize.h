// dequantize_block_*: blocks to floats or halves, in element order.
#pragma once
#include "../core/format.h"

constexpr int dequantize_shares = 4;

template <typename Out>
struct alignas(4 * sizeof(Out)) Quad {
    Out value[4];
};

DEVICE void convert(float from, float& to) { to = from; }
DEVICE void convert(float from, __half& to) { to = __float2half(from); }

// Decodes packed word w of a block: four consecutive elements of every plane. Each is rounded once: fmaf adds the
// offset to the unrounded product, and the offset itself is exact.
template <typename Format, typename Out>
DEVICE void decode_word(const typename Format::Block& block, int w, Out* block_out) {
    Codes codes[Format::planes][1];
    Format::template unpack<1>(block, w, codes);
#pragma unroll
    for (int p = 0; p < Format::planes; ++p) {
        int element = element_of<Format>(w, p);
        Affine affine = Format::affine(block, element / Format::group);
        Quad<Out> quad;
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            float code = code_value<Format::signed_codes>(codes[p][0], k);
            convert(fmaf(affine.scale, code, offset<Format>(affine)), quad.value[k]);
        }
        *reinterpret_cast<Quad<Out>*>(block_out + element) = quad;
    }
}

// The launch has a workgroup for every `dequantize_blocks` blocks. One workgroup takes the share of several, so that
// more loads are under way at once, and the last ones find nothing left to do.
template <typename Format>
struct DequantizeShare {
    static constexpr int blocks = Format::dequantize_blocks * dequantize_shares;
    static constexpr int words = blocks * Format::packed, threads = Format::dequantize_threads;
    static constexpr int rounds = (words + threads - 1) / threads;
};

// Decodes blocks first .. first + DequantizeShare::blocks - 1, as far as there are any.
template <typename Format, typename Out>
DEVICE void decode_blocks(const typename Format::Block* __restrict__ block, Out* __restrict__ out, int64_t first,
                          int64_t block_count) {
    using Share = DequantizeShare<Format>;
#pragma unroll
    for (int round = 0; round < Share::rounds; ++round) {
        int word = static_cast<int>(threadIdx.x) + round * Share::threads;
        int64_t b = first + word / Format::packed;
        if (word >= Share::words || b >= block_count) return;
        decode_word<Format>(block[b], word % Format::packed, out + b * Format::elements);
    }
}

template <typename Format, typename Out>
DEVICE void dequantize(const void* __restrict__ blocks, Out* __restrict__ out, int block_count) {
    decode_blocks<Format>(static_cast<const typename Format::Block*>(blocks), out,
                          static_cast<int64_t>(blockIdx.x) * DequantizeShare<Format>::blocks, block_count);
}
