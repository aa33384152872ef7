// q3_K: 256 elements in 110 bytes; per 16 elements a signed 6-bit scale, x = d * scale * (code - 4) with three-bit codes.
// Layout: ggml's block_q3_K.
#include "families/entries.h"

struct block_q3_K {
    uint8_t hmask[32];   // bit j of byte i: the third bit of code 32j + i
    uint8_t qs[64];      // 32 bytes hold 128 elements: bits 2p and 2p + 1 belong to the p-th 32 of them
    uint8_t scales[12];  // 16 scales: eight bytes of low nibbles, then four bytes of upper bit pairs
    __half d;
};
static_assert(sizeof(block_q3_K) == 110, "256 high bits, 256 bit pairs, 16 scales, d");

struct Q3_K {
    using Block = block_q3_K;
    static constexpr int elements = 256, alignment = 2, group = 16;
    static constexpr int packed_words = 16, planes = 4, run = 8, slice_words = 2;
    static constexpr int bias = 4;
    static constexpr bool signed_codes = false, has_minimum = false;
    static constexpr bool stored_sum_in_mul_mat_vec = false, stored_sum_in_mul_mat = false;
    static constexpr int dequantize_threads = 64, dequantize_blocks = 1;
    static constexpr int tile_rows = 128, tile_columns = 128;

    template <int words>
    struct Packed {
        Field<alignment, words> pairs, high;
    };
    template <int words>
    DEVICE Packed<words> load(const Block& block, int w) {
        Packed<words> packed;
        load_field<offsetof(Block, qs)>(&block, 4 * w, packed.pairs);
        load_field<offsetof(Block, hmask)>(&block, w % run * 4, packed.high);
        return packed;
    }
    template <int words>
    DEVICE Codes decode(const Packed<words>& packed, int w, int p, int k) {
        Codes third = (packed.high[k] >> (w / run * planes + p)) & 0x01010101;
        return ((packed.pairs[k] >> (2 * p)) & 0x03030303) | (third << 2);
    }
    DEVICE Affine affine(const Block& block, int g) {
        uint32_t low = load_field_word<alignment, offsetof(Block, scales)>(&block, g / 4 % 2 * 4) >> (g / 8 * 4);
        uint32_t high = load_field_word<alignment, offsetof(Block, scales)>(&block, 8) >> (g / 4 * 2);
        uint32_t scale = (low >> (8 * (g % 4)) & 0xfu) | (high >> (8 * (g % 4)) & 0x3u) << 4;
        return {__half2float(block.d) * static_cast<float>(static_cast<int>(scale) - 32), 0.0f};
    }
};

DEQUANTIZE(q3_K, Q3_K)
GET_ROWS(q3_K, Q3_K)
DEQUANTIZE_MUL_MAT_VEC(dequantize_mul_mat_vec_q3_k, Q3_K)
MATRIX_PRODUCTS(q3_K, Q3_K)
INDEXED_MOE_FORWARD(q3k, Q3_K)
