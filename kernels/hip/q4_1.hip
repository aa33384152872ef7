// q4_1: 32 elements in 20 bytes, x = d * code + m. Layout: ggml's block_q4_1.
#include "families/entries.h"

struct block_q4_1 {
    __half d, m;
    uint8_t qs[16];  // low nibbles: codes 0..15, high nibbles: codes 16..31
};
static_assert(sizeof(block_q4_1) == 20, "d, m and 32 nibbles");

struct Q4_1 {
    using Block = block_q4_1;
    static constexpr int elements = 32, alignment = 4, group = 32;
    static constexpr int packed_words = 4, planes = 2, run = 4, slice_words = 4;
    static constexpr int bias = 0;
    static constexpr bool signed_codes = false, has_minimum = true;
    static constexpr bool stored_sum_in_mul_mat_vec = true, stored_sum_in_mul_mat = true;
    static constexpr int dequantize_threads = 32, dequantize_blocks = 8;
    static constexpr int tile_rows = 128, tile_columns = 64;

    template <int words>
    struct Packed {
        Field<alignment, words> nibbles;
    };
    template <int words>
    DEVICE Packed<words> load(const Block& block, int w) {
        Packed<words> packed;
        load_field<offsetof(Block, qs)>(&block, 4 * w, packed.nibbles);
        return packed;
    }
    template <int words>
    DEVICE Codes decode(const Packed<words>& packed, int, int p, int k) {
        return (packed.nibbles[k] >> (4 * p)) & 0x0f0f0f0f;
    }
    DEVICE Affine affine(const Block& block, int) {
        uint32_t both = load_field_word<alignment, 0>(&block, 0);
        return {half_value(both & 0xffffu), half_value(both >> 16)};
    }
};

DEQUANTIZE_COUNTED(q4_1, Q4_1, 1)
GET_ROWS(q4_1, Q4_1)
DEQUANTIZE_MUL_MAT_VEC(PLATFORM_NAME(dequantize_mul_mat_vec_q4_1_, ), Q4_1)
MATRIX_PRODUCTS(q4_1, Q4_1)
