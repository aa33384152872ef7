// get_rows_*: chosen rows of a table, as floats.
#pragma once
#include "dequantize.h"

// Callers launch types with blocks of 32 elements with 256 work-items, whatever they launch dequantize_block_* with.
template <typename Format>
constexpr int get_rows_threads_of = Format::elements == 32 ? 256 : Format::dequantize_threads;

// Launch geometry: 512 elements to 256 work-items, or a block of 256 elements to as many as dequantize_block_* has.
template <typename Format>
CONSTANT int get_rows_threads() {
    return Format::elements == 256 ? Format::dequantize_threads : 256;
}
template <typename Format>
CONSTANT int get_rows_blocks() {
    return Format::elements == 256 ? 1 : 512 / Format::elements;
}

// Workgroup (i, c) decodes part c of the row that ids[i] names, and every gridDim.y-th part after it.
template <typename Format>
DEVICE void get_rows(const void* __restrict__ table, const uint32_t* __restrict__ ids, float* __restrict__ out,
                     int64_t columns, uint64_t row_bytes) {
    auto* row = reinterpret_cast<const typename Format::Block*>(static_cast<const char*>(table) +
                                                                ids[blockIdx.x] * row_bytes);
    float* row_out = out + static_cast<int64_t>(blockIdx.x) * columns;
    int64_t block_count = columns / Format::elements;
    constexpr int blocks_each = get_rows_blocks<Format>();
    for (int64_t part = blockIdx.y; part * blocks_each < block_count; part += gridDim.y) {
        decode_blocks<Format, blocks_each, get_rows_threads<Format>()>(row, row_out, part * blocks_each, block_count);
    }
}
