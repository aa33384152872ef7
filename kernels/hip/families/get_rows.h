// get_rows_*: chosen rows of a table, as floats.
#pragma once
#include "dequantize.h"

// Workgroup (i, c) decodes part c of the row that ids[i] names, and every gridDim.y-th part after it.
template <typename Format>
DEVICE void get_rows(const void* __restrict__ table, const uint32_t* __restrict__ ids, float* __restrict__ out,
                     int64_t columns, uint64_t row_bytes) {
    auto* row = reinterpret_cast<const typename Format::Block*>(static_cast<const char*>(table) +
                                                                ids[blockIdx.x] * row_bytes);
    float* row_out = out + static_cast<int64_t>(blockIdx.x) * columns;
    int64_t words = columns / Format::elements * Format::packed;
    constexpr int words_each = Format::dequantize_blocks * Format::packed;
    for (int64_t part = blockIdx.y; part * words_each < words; part += gridDim.y) {
#pragma unroll
        for (int i = static_cast<int>(threadIdx.x); i < words_each; i += Format::dequantize_threads) {
            int64_t word = part * words_each + i, b = word / Format::packed;
            if (word < words) decode_word<Format>(row[b], i % Format::packed, row_out + b * Format::elements);
        }
    }
}
