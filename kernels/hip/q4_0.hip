// q4_0: 32 elements in 18 bytes, x = d * (code - 8). Layout: ggml's block_q4_0.
#include "families/entries.h"

struct block_q4_0 {
    __half d;
    uint8_t qs[16];  // low nibbles: codes 0..15, high nibbles: codes 16..31
};
static_assert(sizeof(block_q4_0) == 18, "d and 32 nibbles");

struct Q4_0 {
    using Block = block_q4_0;
    static constexpr int elements = 32, alignment = 2, group = 32;
    static constexpr int packed_words = 4, planes = 2, run = 4, slice_words = 4;
    static constexpr int bias = 8;
    static constexpr bool signed_codes = false, has_minimum = false;
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
    DEVICE Affine affine(const Block& block, int) { return {__half2float(block.d), 0.0f}; }
};

DEQUANTIZE_COUNTED(q4_0, Q4_0, 1)
GET_ROWS(q4_0, Q4_0)
DEQUANTIZE_MUL_MAT_VEC(PLATFORM_NAME(dequantize_mul_mat_vec_q4_0_, ), Q4_0)
MATRIX_PRODUCTS(q4_0, Q4_0)
