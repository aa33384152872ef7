// q8_1, the activations' format: x[i] = d * qs[i]; s is the sum of the 32 values that were quantized.
// Layout: kernels/contracts and ggml's block_q8_1; 36 bytes, so a block is aligned to 4 bytes only.
#pragma once
#include "codes.h"

struct block_q8_1 {
    __half d;
    __half s;
    int8_t qs[32];
};
static_assert(sizeof(block_q8_1) == 36, "d, s and 32 codes");

constexpr int q8_1_elements = 32;

// Both halves in one access: x is d, y is s.
DEVICE float2 scale_and_sum(const block_q8_1& block) {
    uint32_t both = load_field_word<4, 0>(&block, 0);
    return make_float2(half_value(both & 0xffffu), half_value(both >> 16));
}

// Codes of `words` groups of four elements, from element 4 * `first` on.
template <int words>
DEVICE void load_codes(const block_q8_1& block, int first, Codes (&codes)[words]) {
    load_words<4>(block.qs + 4 * first, codes);
}
