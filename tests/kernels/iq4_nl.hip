// iq4_nl, which candle has no kernels for: the example of a format added by one file. Codes are looked up in a table.
#include "families/entries.h"

struct block_iq4_nl {
    __half d;
    uint8_t qs[16];
};

static __device__ const int8_t iq4_nl_codes[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                   1,    13,   25,  38,  53,  69,  89,  113};

struct IQ4_NL {
    using Block = block_iq4_nl;
    static constexpr int elements = 32, alignment = 2, group = 32;
    static constexpr int packed_words = 4, planes = 2, run = 4, slice_words = 4;
    static constexpr int bias = 0;
    static constexpr bool signed_codes = true, has_minimum = false;
    static constexpr bool stored_sum_in_mul_mat_vec = false, stored_sum_in_mul_mat = false;
    static constexpr int dequantize_threads = 32, dequantize_blocks = 8;
    static constexpr int tile_rows = 64, tile_columns = 128;

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
        uint32_t nibbles = static_cast<uint32_t>(packed.nibbles[k]) >> (4 * p), codes = 0;
        for (int byte = 0; byte < 32; byte += 8) {
            codes |= (static_cast<uint32_t>(iq4_nl_codes[nibbles >> byte & 0xf]) & 0xff) << byte;
        }
        return static_cast<Codes>(codes);
    }
    DEVICE Affine affine(const Block& block, int) { return {__half2float(block.d), 0.0f}; }
};

DEQUANTIZE_COUNTED(iq4_nl, IQ4_NL, 1)
GET_ROWS(iq4_nl, IQ4_NL)
DEQUANTIZE_MUL_MAT_VEC(PLATFORM_NAME(dequantize_mul_mat_vec_iq4_nl_, ), IQ4_NL)
MATRIX_PRODUCTS(iq4_nl, IQ4_NL)
