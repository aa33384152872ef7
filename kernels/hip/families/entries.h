// The entry points, once for all types: names, parameters and launch bounds as the CUDA kernels' callers expect them.
// A type's file names its format and uses the lines it has kernels for. With KERNTRACK_HIP_NAMES the names say `_hip`
// where they otherwise say `_cuda`.
#pragma once
#include "dequantize.h"
#include "dequantize_mul_mat_vec.h"
#include "get_rows.h"
#include "indexed_moe_forward.h"
#include "mul_mat_q8_1.h"
#include "mul_mat_vec_q8_1.h"

#ifdef KERNTRACK_HIP_NAMES
#define PLATFORM_NAME(before, after) before##hip##after
#else
#define PLATFORM_NAME(before, after) before##cuda##after
#endif

#define KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads)

// `unit`: how many of what the last parameter counts make a block (1: it counts blocks).
#define DEQUANTIZE_COUNTED(type, Format, unit)                                                                     \
    KERNEL(Format::dequantize_threads)                                                                             \
    dequantize_block_##type##_f32(const void* __restrict__ vx, float* __restrict__ y, const int k) {               \
        dequantize<Format>(vx, y, k / (unit));                                                                     \
    }                                                                                                              \
    KERNEL(Format::dequantize_threads)                                                                             \
    dequantize_block_##type##_f16(const void* __restrict__ vx, __half* __restrict__ y, const int k) {              \
        dequantize<Format>(vx, y, k / (unit));                                                                     \
    }

// No count: the grid has exactly one workgroup a block, so it tells.
#define DEQUANTIZE(type, Format)                                                                                   \
    KERNEL(Format::dequantize_threads)                                                                             \
    dequantize_block_##type##_f32(const void* __restrict__ vx, float* __restrict__ y) {                            \
        dequantize<Format>(vx, y, static_cast<int>(gridDim.x));                                               \
    }                                                                                                              \
    KERNEL(Format::dequantize_threads)                                                                             \
    dequantize_block_##type##_f16(const void* __restrict__ vx, __half* __restrict__ y) {                           \
        dequantize<Format>(vx, y, static_cast<int>(gridDim.x));                                               \
    }

#define GET_ROWS(type, Format)                                                                                     \
    KERNEL(get_rows_threads_of<Format>)                                                                            \
    get_rows_##type(const void* __restrict__ src0, const uint32_t* __restrict__ src1, float* __restrict__ dst,     \
                    const int64_t ne00, const uint64_t nb01) {                                                     \
        get_rows<Format>(src0, src1, dst, ne00, nb01);                                                             \
    }

#define DEQUANTIZE_MUL_MAT_VEC(name, Format)                                                                       \
    KERNEL(group_lanes)                                                                                            \
    name(const void* __restrict__ vx, const float* __restrict__ y, float* __restrict__ dst, const int ncols,       \
         const int /*nrows*/) {                                                                                    \
        dequantize_mul_mat_vec<Format>(vx, y, dst, ncols);                                                      \
    }

#define MUL_MAT_VEC(type, Format, batch)                                                                           \
    KERNEL(group_lanes* mul_mat_vec_groups(batch))                                                                 \
    PLATFORM_NAME(mul_mat_vec_##type##_q8_1_, batch)(                                                              \
        const void* __restrict__ vx, const void* __restrict__ vy, float* __restrict__ dst, const int ncols_x,      \
        const int /*nrows_x*/, const int nrows_y, const int nrows_dst) {                                           \
        mul_mat_vec_q8_1<Format, batch>(vx, vy, dst, ncols_x, nrows_y, nrows_dst);                                 \
    }

#define MUL_MAT(type, Format)                                                                                      \
    KERNEL(Tile<Format>::threads)                                                                                  \
    mul_mat_##type(const void* __restrict__ vx, const void* __restrict__ vy, float* __restrict__ dst,              \
                   const int ncols_x, const int nrows_x, const int ncols_y, const int nrows_y,                     \
                   const int nrows_dst) {                                                                          \
        mul_mat_q8_1<Format>(vx, vy, dst, ncols_x, nrows_x, ncols_y, nrows_y, nrows_dst);                          \
    }

#define MATRIX_PRODUCTS(type, Format)                                                                              \
    MUL_MAT_VEC(type, Format, 1)                                                                                   \
    MUL_MAT_VEC(type, Format, 2)                                                                                   \
    MUL_MAT_VEC(type, Format, 3)                                                                                   \
    MUL_MAT_VEC(type, Format, 4)                                                                                   \
    MUL_MAT_VEC(type, Format, 5)                                                                                   \
    MUL_MAT_VEC(type, Format, 6)                                                                                   \
    MUL_MAT_VEC(type, Format, 7)                                                                                   \
    MUL_MAT_VEC(type, Format, 8)                                                                                   \
    MUL_MAT(type, Format)

#define INDEXED_MOE_FORWARD(type, Format)                                                                          \
    KERNEL(group_lanes* indexed_moe_groups)                                                                        \
    indexed_moe_forward_##type##_q8_1(                                                                             \
        const void* __restrict__ all_weights, const void* __restrict__ all_inputs,                                 \
        const uint32_t* __restrict__ indices, float* __restrict__ all_outputs, const int n, const int k,           \
        const int /*batch*/, const int /*topk*/, const int k_padded, const int input_dim1) {                       \
        indexed_moe_forward<Format>(all_weights, all_inputs, indices, all_outputs, n, k, k_padded, input_dim1);    \
    }
