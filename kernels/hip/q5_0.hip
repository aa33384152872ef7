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
    static constexpr int packed_words = 4, planes = 2, run = 4, slice_words = 4;
    static constexpr int bias = 16;
    static constexpr bool signed_codes = false, has_minimum = false;
    static constexpr bool stored_sum_in_mul_mat_vec = true, stored_sum_in_mul_mat = false;
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
    DEVICE Affine affine(const Block& block, int) { return {__half2float(block.d), 0.0f}; }
};

DEQUANTIZE_COUNTED(q5_0, Q5_0, 32)
GET_ROWS(q5_0, Q5_0)
DEQUANTIZE_MUL_MAT_VEC(PLATFORM_NAME(dequantize_mul_mat_vec_q5_0_, ), Q5_0)
MATRIX_PRODUCTS(q5_0, Q5_0)
