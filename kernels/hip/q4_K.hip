// q4_K: 256 elements in 144 bytes; per 32 elements a 6-bit scale and a 6-bit minimum,
// x = d * scale * code - dmin * minimum. Layout: ggml's block_q4_K.
#include "core/scales_k.h"
#include "families/entries.h"

struct block_q4_K {
    HeaderK header;
    uint8_t qs[128];  // 32 bytes hold 64 elements: low nibbles the first 32, high nibbles the others
};
static_assert(sizeof(block_q4_K) == 144, "header and 256 nibbles");

struct Q4_K {
    using Block = block_q4_K;
    static constexpr int elements = 256, alignment = 16, group = 32;
    static constexpr int packed = 32, planes = 2, run = 8, slice_words = 4;
    static constexpr int bias = 0;
    static constexpr bool signed_codes = false, has_minimum = true;
    static constexpr bool stored_sum_in_mul_mat_vec = false, stored_sum_in_mul_mat = true;
    static constexpr int dequantize_threads = 32, dequantize_blocks = 1;
    static constexpr int tile_rows = 128, tile_columns = 64;

    template <int words>
    DEVICE void unpack(const Block& block, int w, Codes (&codes)[planes][words]) {
        Codes nibbles[words];
        load_words<4 * words>(block.qs + 4 * w, nibbles);
#pragma unroll
        for (int k = 0; k < words; ++k) {
            codes[0][k] = nibbles[k] & 0x0f0f0f0f;
            codes[1][k] = (nibbles[k] >> 4) & 0x0f0f0f0f;
        }
    }
    DEVICE Affine affine(const Block& block, int g) { return affine_k(block.header, g); }
};

DEQUANTIZE(q4_K, Q4_K)
GET_ROWS(q4_K, Q4_K)
DEQUANTIZE_MUL_MAT_VEC(dequantize_mul_mat_vec_q4_k, Q4_K)
MATRIX_PRODUCTS(q4_K, Q4_K)
INDEXED_MOE_FORWARD(q4k, Q4_K)
