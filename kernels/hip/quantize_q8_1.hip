// quantize_q8_1: rows of floats to rows of q8_1 blocks.
#include "core/q8_1.h"

constexpr int quantize_threads = 256, quantize_shares = 4;

// 0 for what is not a number: a whole block of them, and infinity divided by the infinite scale that it causes.
DEVICE int nearest_code(float ratio) { return ratio == ratio ? static_cast<int>(roundf(ratio)) : 0; }

// Adds 32 values, four each of eight lanes in a row, as a butterfly over elements 16, 8, 4, 2, 1 apart would: callers
// compare bits. Sums of either side of an exchange are equal, so each round a lane keeps only half of its sums.
DEVICE float sum_as_butterfly(const float (&value)[4], int lane) {
    bool upper = lane & 4;
    float first = (upper ? value[2] : value[0]) + exchange(upper ? value[0] : value[2], 4);
    float second = (upper ? value[3] : value[1]) + exchange(upper ? value[1] : value[3], 4);
    bool odd = lane & 2;
    float sum = (odd ? second : first) + exchange(odd ? first : second, 2);
    sum += exchange(sum, 1);
    sum += exchange(sum, 4);  // from here on it is the lanes that hold elements 2 and 1 apart
    return sum + exchange(sum, 2);
}

// Four values from `column` on; 0 past `columns`.
DEVICE void load_values(const float* __restrict__ row, int column, int columns, float (&value)[4]) {
    if (column + 4 <= columns && (load_takes_any_address || reinterpret_cast<uintptr_t>(row) % 16 == 0)) {
        float4 loaded = load_float4<16>(row + column);
        value[0] = loaded.x, value[1] = loaded.y, value[2] = loaded.z, value[3] = loaded.w;
        return;
    }
#pragma unroll
    for (int k = 0; k < 4; ++k) value[k] = column + k < columns ? row[column + k] : 0.0f;
}

// The launch has a work-item an element. Every fourth workgroup does the work of four: a work-item takes four elements,
// eight neighbours a block. The scale that divides is the float; the block stores it rounded to half.
extern "C" __global__ void __launch_bounds__(quantize_threads)
quantize_q8_1(const float* __restrict__ x, void* __restrict__ vy, const int kx, const int kx_padded) {
    if (blockIdx.x % quantize_shares != 0) return;
    int lane = static_cast<int>(threadIdx.x);
    int column = static_cast<int>(blockIdx.x) * quantize_threads + lane * quantize_shares;
    if (column >= kx_padded) return;
    int64_t row = blockIdx.y;
    float value[4];
    load_values(x + row * kx, column, kx, value);

    float largest = fmaxf(fmaxf(fabsf(value[0]), fabsf(value[1])), fmaxf(fabsf(value[2]), fabsf(value[3])));
#pragma unroll
    for (int mask = 4; mask > 0; mask /= 2) largest = fmaxf(largest, exchange(largest, mask));
    float sum = sum_as_butterfly(value, lane), scale = largest / 127.0f;
    uint32_t codes = 0;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
        int code = largest == 0.0f ? 0 : nearest_code(value[k] / scale);
        codes |= (static_cast<uint32_t>(code) & 0xffu) << (8 * k);
    }
    block_q8_1& block = static_cast<block_q8_1*>(vy)[(row * kx_padded + column) / q8_1_elements];
    *reinterpret_cast<uint32_t*>(block.qs + column % q8_1_elements) = codes;
    if (column % q8_1_elements == 0) {
        block.d = __float2half(scale);
        block.s = __float2half(sum);
    }
}
