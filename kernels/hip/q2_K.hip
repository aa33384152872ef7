// q2_K: 256 elements in 84 bytes; per 16 elements a 4-bit scale and a 4-bit minimum,
// x = d * scale * code - dmin * minimum. Layout: ggml's block_q2_K.
#include "families/entries.h"

struct block_q2_K {
    uint8_t scales[16];  // low nibble: scale, high nibble: minimum
    uint8_t qs[64];      // 32 bytes hold 128 elements: bits 2p and 2p + 1 belong to the p-th 32 of them
    __half d, dmin;
};
static_assert(sizeof(block_q2_K) == 84, "16 scales, 256 codes of two bits, d, dmin");

struct Q2_K {
    using Block = block_q2_K;
    static constexpr int elements = 256, alignment = 4, group = 16;
    static constexpr int packed_words = 16, planes = 4, run = 8, slice_words = 2;
    static constexpr int bias = 0;
    static constexpr bool signed_codes = false, has_minimum = true;
    static constexpr bool stored_sum_in_mul_mat_vec = false, stored_sum_in_mul_mat = false;
    static constexpr int dequantize_threads = 64, dequantize_blocks = 1;
    static constexpr int tile_rows = 128, tile_columns = 64;

    template <int words>
    struct Packed {
        Field<alignment, words> pairs;
    };
    template <int words>
    DEVICE Packed<words> load(const Block& block, int w) {
        Packed<words> packed;
        load_field<offsetof(Block, qs)>(&block, 4 * w, packed.pairs);
        return packed;
    }
    template <int words>
    DEVICE Codes decode(const Packed<words>& packed, int, int p, int k) {
        return (packed.pairs[k] >> (2 * p)) & 0x03030303;
    }
    DEVICE Affine affine(const Block& block, int g) {
        uint32_t both = load_field_word<alignment, offsetof(Block, d)>(&block, 0);
        int scale = block.scales[g] & 0xf, minimum = block.scales[g] >> 4;
        return {half_value(both & 0xffffu) * static_cast<float>(scale),
                -half_value(both >> 16) * static_cast<float>(minimum)};
    }
};

DEQUANTIZE(q2_K, Q2_K)
GET_ROWS(q2_K, Q2_K)
DEQUANTIZE_MUL_MAT_VEC(dequantize_mul_mat_vec_q2_k, Q2_K)
MATRIX_PRODUCTS(q2_K, Q2_K)
INDEXED_MOE_FORWARD(q2k, Q2_K)
