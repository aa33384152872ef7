// q5_0: 32 elements in 22 bytes, x = d * (code - 16) with five-bit codes. Layout: ggml's block_q5_0.
#include "families/entries.h"

struct block_q5_0 {
    __half d;
    uint8_t qh[4];   // bit i: the fifth bit of code i
    uint8_t qs[16];  // low nibbles: codes 0..15, high nibbles: codes 16..31
};
static_assert(sizeof(block_q5_0) == 22, "d, 32 high bits, 32 nibbles");

struct Q5_0 {
    using Block = block_q5_0;
    static constexpr int elements = 32, alignment = 2, group = 32;
    static constexpr int packed = 4, planes = 2, run = 4, slice_words = 4;
    static constexpr int bias = 16;
    static constexpr bool signed_codes = false, has_minimum = false;
    static constexpr bool stored_sum_in_mul_mat_vec = true, stored_sum_in_mul_mat = false;
    static constexpr int dequantize_threads = 256, dequantize_blocks = 16;
    static constexpr int tile_rows = 64, tile_columns = 128;

    template <int words>
    DEVICE void unpack(const Block& block, int w, Codes (&codes)[planes][words]) {
        Codes low[words];
        load_words<alignment>(block.qs + 4 * w, low);
        uint32_t high = static_cast<uint32_t>(load_word<alignment>(block.qh)) >> (4 * w);
#pragma unroll
        for (int k = 0; k < words; ++k) {
            codes[0][k] = (low[k] & 0x0f0f0f0f) | spread_bits(high >> (4 * k), 4);
            codes[1][k] = ((low[k] >> 4) & 0x0f0f0f0f) | spread_bits(high >> (4 * k + 16), 4);
        }
    }
    DEVICE Affine affine(const Block& block, int) { return {__half2float(block.d), 0.0f}; }
};

DEQUANTIZE_COUNTED(q5_0, Q5_0, 32)
GET_ROWS(q5_0, Q5_0)
DEQUANTIZE_MUL_MAT_VEC(PLATFORM_NAME(dequantize_mul_mat_vec_q5_0_, ), Q5_0)
MATRIX_PRODUCTS(q5_0, Q5_0)
