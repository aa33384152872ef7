// get_rows_f32, _f16, _bf16: chosen rows of a table of numbers, as floats.
#include "core/target.h"

#if __has_include(<hip/hip_bf16.h>)
#include <hip/hip_bf16.h>
#else  // ROCm before 5.6 knows the type by another name
#include <hip/hip_bfloat16.h>
typedef hip_bfloat16 __hip_bfloat16;
DEVICE float __bfloat162float(hip_bfloat16 x) { return static_cast<float>(x); }
#endif

constexpr int get_rows_threads = 256;
constexpr unsigned get_rows_shares = 4;

DEVICE float value_of(float x) { return x; }
DEVICE float value_of(__half x) { return __half2float(x); }
DEVICE float value_of(__hip_bfloat16 x) { return __bfloat162float(x); }

// The launch has workgroup (i, c) for columns 256c .. 256c + 255 of row i, and for every 256 * gridDim.y-th after them.
// Of up to four neighbours in c one does the work of all, each time another, so that more loads are under way at once.
template <typename In>
DEVICE void get_rows_float(const In* __restrict__ table, const uint32_t* __restrict__ ids, float* __restrict__ out,
                           int64_t columns) {
    unsigned first = blockIdx.y / get_rows_shares * get_rows_shares, shares = min(get_rows_shares, gridDim.y - first);
    if (blockIdx.y - first != min(blockIdx.x % get_rows_shares, shares - 1)) return;
    const In* row = table + ids[blockIdx.x] * columns;
    float* row_out = out + static_cast<int64_t>(blockIdx.x) * columns;
    int64_t step = static_cast<int64_t>(gridDim.y) * get_rows_threads;
    for (int64_t c = static_cast<int64_t>(first) * get_rows_threads + threadIdx.x; c < columns; c += step) {
        In value[get_rows_shares];
#pragma unroll
        for (unsigned k = 0; k < get_rows_shares; ++k) {
            int64_t column = c + k * get_rows_threads;
            if (k < shares && column < columns) value[k] = row[column];
        }
#pragma unroll
        for (unsigned k = 0; k < get_rows_shares; ++k) {
            int64_t column = c + k * get_rows_threads;
            if (k < shares && column < columns) row_out[column] = value_of(value[k]);
        }
    }
}

#define GET_ROWS_FLOAT(type, In)                                                                               \
    extern "C" __global__ void __launch_bounds__(get_rows_threads)                                             \
    get_rows_##type(const In* __restrict__ src0, const uint32_t* __restrict__ src1, float* __restrict__ dst,   \
                    const int64_t ne00, const uint64_t /*nb01*/) {                                             \
        get_rows_float(src0, src1, dst, ne00);                                                                 \
    }

GET_ROWS_FLOAT(f32, float)
GET_ROWS_FLOAT(f16, __half)
GET_ROWS_FLOAT(bf16, __hip_bfloat16)
