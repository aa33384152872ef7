// q5_K: q4_K with a fifth bit a code; 256 elements in 176 bytes. Layout: ggml's block_q5_K.
#include "core/scales_k.h"
#include "families/entries.h"

struct block_q5_K {
    HeaderK header;
    uint8_t qh[32];   // bit j of byte i: the fifth bit of code 32j + i
    uint8_t qs[128];  // 32 bytes hold 64 elements: low nibbles the first 32, high nibbles the others
};
static_assert(sizeof(block_q5_K) == 176, "header, 256 high bits, 256 nibbles");

struct Q5_K {
    using Block = block_q5_K;
    static constexpr int elements = 256, alignment = 16, group = 32;
    static constexpr int packed_words = 32, planes = 2, run = 8, slice_words = 4;
    static constexpr int bias = 0;
    static constexpr bool signed_codes = false, has_minimum = true;
    static constexpr bool stored_sum_in_mul_mat_vec = false, stored_sum_in_mul_mat = true;
    static constexpr int dequantize_threads = 64, dequantize_blocks = 1;
    static constexpr int tile_rows = 128, tile_columns = 64;

    template <int words>
    struct Packed {
        Field<alignment, words> low, high;
    };
    template <int words>
    DEVICE Packed<words> load(const Block& block, int w) {
        Packed<words> packed;
        load_field<offsetof(Block, qs)>(&block, 4 * w, packed.low);
        load_field<offsetof(Block, qh)>(&block, w % run * 4, packed.high);
        return packed;
    }
    template <int words>
    DEVICE Codes decode(const Packed<words>& packed, int w, int p, int k) {
        Codes fifth = (packed.high[k] >> (w / run * planes + p)) & 0x01010101;
        return ((packed.low[k] >> (4 * p)) & 0x0f0f0f0f) | (fifth << 4);
    }
    DEVICE Affine affine(const Block& block, int g) { return affine_k(block.header, g); }
};

DEQUANTIZE(q5_K, Q5_K)
GET_ROWS(q5_K, Q5_K)
// The one kernel of its family without a count of rows.
KERNEL(group_lanes)
dequantize_mul_mat_vec_q5_k(const void* __restrict__ vx, const float* __restrict__ y, float* __restrict__ dst,
                            const int ncols) {
    dequantize_mul_mat_vec<Q5_K>(vx, y, dst, ncols);
}
MATRIX_PRODUCTS(q5_K, Q5_K)
INDEXED_MOE_FORWARD(q5k, Q5_K)
