// quantize_q8_1: rows of floats to rows of q8_1 blocks.
#include "core/q8_1.h"
#include "core/target.h"

constexpr int quantize_threads = 256;

// 0 for what is not a number: a whole block of them, and infinity divided by the infinite scale that it causes.
DEVICE int nearest_code(float ratio) { return ratio == ratio ? static_cast<int>(roundf(ratio)) : 0; }

// One element a work-item, 32 lanes a block. The sum adds lanes 16, 8, 4, 2, 1 apart, in this order: callers compare
// bits. The scale that divides is the float; the block stores it rounded to half.
extern "C" __global__ void __launch_bounds__(quantize_threads)
quantize_q8_1(const float* __restrict__ x, void* __restrict__ vy, const int kx, const int kx_padded) {
    int column = static_cast<int>(blockIdx.x) * quantize_threads + static_cast<int>(threadIdx.x);
    if (column >= kx_padded) return;
    int64_t row = blockIdx.y;
    float value = column < kx ? x[row * kx + column] : 0.0f;
    float largest = fabsf(value), sum = value;
#pragma unroll
    for (int mask = group_lanes / 2; mask > 0; mask /= 2) {
        largest = fmaxf(largest, exchange(largest, mask));
        sum += exchange(sum, mask);
    }
    float scale = largest / 127.0f;
    int64_t element = row * kx_padded + column;
    block_q8_1& block = static_cast<block_q8_1*>(vy)[element / q8_1_elements];
    int place = static_cast<int>(element % q8_1_elements);
    block.qs[place] = static_cast<int8_t>(largest == 0.0f ? 0 : nearest_code(value / scale));
    if (place == 0) {
        block.d = __float2half(scale);
        block.s = __float2half(sum);
    }
}
