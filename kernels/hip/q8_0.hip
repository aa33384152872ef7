// q8_0: 32 elements in 34 bytes, x = d * code with signed bytes. Layout: ggml's block_q8_0.
#include "families/entries.h"

struct block_q8_0 {
    __half d;
    int8_t qs[32];
};
static_assert(sizeof(block_q8_0) == 34, "d and 32 codes");

struct Q8_0 {
    using Block = block_q8_0;
    static constexpr int elements = 32, alignment = 2, group = 32;
    static constexpr int packed_words = 8, planes = 1, run = 8, slice_words = 8;
    static constexpr int bias = 0;
    static constexpr bool signed_codes = true, has_minimum = false;
    static constexpr bool stored_sum_in_mul_mat_vec = false, stored_sum_in_mul_mat = false;
    static constexpr int dequantize_threads = 32, dequantize_blocks = 8;
    static constexpr int tile_rows = 64, tile_columns = 128;

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
    DEVICE Affine affine(const Block& block, int) { return {__half2float(block.d), 0.0f}; }
};

DEQUANTIZE_COUNTED(q8_0, Q8_0, 1)
GET_ROWS(q8_0, Q8_0)
DEQUANTIZE_MUL_MAT_VEC(PLATFORM_NAME(dequantize_mul_mat_vec_q8_0_, ), Q8_0)
MATRIX_PRODUCTS(q8_0, Q8_0)
INDEXED_MOE_FORWARD(q8_0, Q8_0)
