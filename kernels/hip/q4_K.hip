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
    static constexpr int packed_words = 32, planes = 2, run = 8, slice_words = 4;
    static constexpr int bias = 0;
    static constexpr bool signed_codes = false, has_minimum = true;
    static constexpr bool stored_sum_in_mul_mat_vec = false, stored_sum_in_mul_mat = true;
    static constexpr int dequantize_threads = 32, dequantize_blocks = 1;
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
    DEVICE Affine affine(const Block& block, int g) { return affine_k(block.header, g); }
};

DEQUANTIZE(q4_K, Q4_K)
GET_ROWS(q4_K, Q4_K)
DEQUANTIZE_MUL_MAT_VEC(dequantize_mul_mat_vec_q4_k, Q4_K)
MATRIX_PRODUCTS(q4_K, Q4_K)
INDEXED_MOE_FORWARD(q4k, Q4_K)
