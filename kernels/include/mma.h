// nvcuda::wmma, declarations only: sources that use matrix instructions can be read, not compiled for AMD.
#pragma once
#include "cuda_runtime.h"

namespace nvcuda {
namespace wmma {
struct matrix_a;
struct matrix_b;
struct accumulator;
struct row_major;
struct col_major;
enum layout_t { mem_row_major, mem_col_major };

template <typename Use, int m, int n, int k, typename T, typename Layout = void>
struct fragment {
    T x[m * n / 32];
    static constexpr int num_elements = m * n / 32;
};
template <typename Fragment, typename T>
__device__ void fill_fragment(Fragment& fragment, T value);
template <typename Fragment, typename T>
__device__ void load_matrix_sync(Fragment& fragment, const T* from, unsigned stride);
template <typename Fragment, typename T>
__device__ void load_matrix_sync(Fragment& fragment, const T* from, unsigned stride, layout_t layout);
template <typename T, typename Fragment>
__device__ void store_matrix_sync(T* to, const Fragment& fragment, unsigned stride, layout_t layout);
template <typename D, typename A, typename B, typename C>
__device__ void mma_sync(D& d, const A& a, const B& b, const C& c);
}
}
