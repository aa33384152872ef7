// q6_K: 256 elements in 210 bytes; per 16 elements a signed byte as scale, x = d * scale * (code - 32) with six-bit codes.
// Layout: ggml's block_q6_K.
#include "families/entries.h"

struct block_q6_K {
    uint8_t ql[128];    // 64 bytes hold 128 elements: low nibbles the first 64, high nibbles the others
    uint8_t qh[64];     // 32 bytes hold 128 elements: bits 2p and 2p + 1 belong to the p-th 32 of them
    int8_t scales[16];
    __half d;
};
static_assert(sizeof(block_q6_K) == 210, "256 nibbles, 256 bit pairs, 16 scales, d");

struct Q6_K {
    using Block = block_q6_K;
    static constexpr int elements = 256, alignment = 2, group = 16;
    static constexpr int packed_words = 16, planes = 4, run = 8, slice_words = 2;
    static constexpr int bias = 32;
    static constexpr bool signed_codes = false, has_minimum = false;
    static constexpr bool stored_sum_in_mul_mat_vec = false, stored_sum_in_mul_mat = false;
    static constexpr int dequantize_threads = 64, dequantize_blocks = 1;
    static constexpr int tile_rows = 64, tile_columns = 64;

    // A packed word here is one of qh, with the two words of ql that belong to it.
    template <int words>
    struct Packed {
        Field<alignment, words> pairs, nibbles[2];
    };
    template <int words>
    DEVICE Packed<words> load(const Block& block, int w) {
        Packed<words> packed;
        load_field<offsetof(Block, qh)>(&block, 4 * w, packed.pairs);
        int low = w / run * 64 + w % run * 4;
        load_field<offsetof(Block, ql)>(&block, low, packed.nibbles[0]);
        load_field<offsetof(Block, ql)>(&block, low + 32, packed.nibbles[1]);
        return packed;
    }
    template <int words>
    DEVICE Codes decode(const Packed<words>& packed, int, int p, int k) {
        Codes low = p % 2 ? packed.nibbles[1][k] : packed.nibbles[0][k];
        Codes upper = (packed.pairs[k] >> (2 * p)) & 0x03030303;
        return ((low >> (p / 2 * 4)) & 0x0f0f0f0f) | (upper << 4);
    }
    DEVICE Affine affine(const Block& block, int g) {
        return {__half2float(block.d) * static_cast<float>(block.scales[g]), 0.0f};
    }
};

DEQUANTIZE(q6_K, Q6_K)
GET_ROWS(q6_K, Q6_K)
DEQUANTIZE_MUL_MAT_VEC(dequantize_mul_mat_vec_q6_k, Q6_K)
MATRIX_PRODUCTS(q6_K, Q6_K)
INDEXED_MOE_FORWARD(q6k, Q6_K)
