// q5_1: 32 elements in 24 bytes, x = d * code + m with five-bit codes. Layout: ggml's block_q5_1.
#include "families/entries.h"

struct block_q5_1 {
    __half d, m;
    uint8_t qh[4];   // bit i: the fifth bit of code i
    uint8_t qs[16];  // low nibbles: codes 0..15, high nibbles: codes 16..31
};
static_assert(sizeof(block_q5_1) == 24, "d, m, 32 high bits, 32 nibbles");

struct Q5_1 {
    using Block = block_q5_1;
    static constexpr int elements = 32, alignment = 8, group = 32;
    static constexpr int packed_words = 4, planes = 2, run = 4, slice_words = 4;
    static constexpr int bias = 0;
    static constexpr bool signed_codes = false, has_minimum = true;
    static constexpr bool stored_sum_in_mul_mat_vec = true, stored_sum_in_mul_mat = true;
    static constexpr int dequantize_threads = 256, dequantize_blocks = 16;
    static constexpr int tile_rows = 64, tile_columns = 128;

    template <int words>
    struct Packed {
        Field<alignment, words> low;
        Field<alignment, 1> high;
    };
    template <int words>
    DEVICE Packed<words> load(const Block& block, int w) {
        Packed<words> packed;
        load_field<offsetof(Block, qs)>(&block, 4 * w, packed.low);
        load_field<offsetof(Block, qh)>(&block, 0, packed.high);
        return packed;
    }
    template <int words>
    DEVICE Codes decode(const Packed<words>& packed, int w, int p, int k) {
        Codes fifth = spread_bits(static_cast<uint32_t>(packed.high[0]) >> (4 * (w + k) + 16 * p));
        return ((packed.low[k] >> (4 * p)) & 0x0f0f0f0f) | (fifth << 4);
    }
    DEVICE Affine affine(const Block& block, int) {
        uint32_t both = load_field_word<alignment, 0>(&block, 0);
        return {half_value(both & 0xffffu), half_value(both >> 16)};
    }
};

DEQUANTIZE_COUNTED(q5_1, Q5_1, 32)
GET_ROWS(q5_1, Q5_1)
DEQUANTIZE_MUL_MAT_VEC(PLATFORM_NAME(dequantize_mul_mat_vec_q5_1_, ), Q5_1)
MATRIX_PRODUCTS(q5_1, Q5_1)
