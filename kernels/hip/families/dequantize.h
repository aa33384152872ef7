// dequantize_block_*: blocks to floats or halves, in element order.
#pragma once
#include "../core/format.h"

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

// A workgroup decodes `dequantize_blocks` blocks, as far as there are any.
template <typename Format, typename Out>
DEVICE void dequantize(const void* __restrict__ blocks, Out* __restrict__ out, int block_count) {
    auto* block = static_cast<const typename Format::Block*>(blocks);
    constexpr int words = Format::dequantize_blocks * Format::packed;
#pragma unroll
    for (int i = static_cast<int>(threadIdx.x); i < words; i += Format::dequantize_threads) {
        int b = static_cast<int>(blockIdx.x) * Format::dequantize_blocks + i / Format::packed;
        if (b >= block_count) return;
        decode_word<Format>(block[b], i % Format::packed, out + static_cast<int64_t>(b) * Format::elements);
    }
}
