// q8_K: 256 elements in 292 bytes, x = d * code with signed bytes and a float scale. Layout: ggml's block_q8_K.
// A format of intermediate results, so there is nothing but a way to look at it.
#include "families/entries.h"

struct block_q8_K {
    float d;
    int8_t qs[256];
    int16_t bsums[16];  // sums of 16 codes each; unused
};
static_assert(sizeof(block_q8_K) == 292, "d, 256 codes, 16 sums");

struct Q8_K {
    using Block = block_q8_K;
    static constexpr int elements = 256, alignment = 4, group = 32;
    static constexpr int packed_words = 64, planes = 1, run = 64;
    static constexpr int bias = 0;
    static constexpr bool signed_codes = true, has_minimum = false;
    static constexpr int dequantize_threads = 32, dequantize_blocks = 1;

    template <int words>
    struct Packed {
        Field<alignment, words> codes;
    };
    template <int words>
    DEVICE Packed<words> load(const Block& block, int w) {
        Packed<words> packed;
        load_field<offsetof(Block, qs)>(&block, 4 * w, packed.codes);
        return packed;
    }
    template <int words>
    DEVICE Codes decode(const Packed<words>& packed, int, int, int k) {
        return packed.codes[k];
    }
    DEVICE Affine affine(const Block& block, int) { return {block.d, 0.0f}; }
};

DEQUANTIZE(q8_K, Q8_K)
