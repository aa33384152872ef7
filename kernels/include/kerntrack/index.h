// threadIdx, blockIdx, blockDim, gridDim, warpSize and barriers.
#pragma once
#include "kerntrack/vector_types.h"

// Each index is an object whose members read a register on use (clang's __declspec(property)), convertible to dim3.
#define KT_INDEX(name, read_x, read_y, read_z)                                         \
    struct kt_##name {                                                                 \
        __declspec(property(get = get_x)) unsigned x;                                  \
        __declspec(property(get = get_y)) unsigned y;                                  \
        __declspec(property(get = get_z)) unsigned z;                                  \
        __device__ __forceinline__ unsigned get_x() const { return (unsigned)read_x; } \
        __device__ __forceinline__ unsigned get_y() const { return (unsigned)read_y; } \
        __device__ __forceinline__ unsigned get_z() const { return (unsigned)read_z; } \
        __device__ operator dim3() const { return dim3(get_x(), get_y(), get_z()); }   \
    };                                                                                 \
    extern const __device__ __attribute__((weak)) kt_##name name;

#if defined(__AMDGCN__)

// Workgroup counts stand in the implicit argument block at byte 0, 4, 8 (LLVM AMDGPUUsage, code object v5 and later).
KT_DEVICE unsigned kt_group_count(int axis) {
    return ((const __attribute__((address_space(4))) unsigned*)__builtin_amdgcn_implicitarg_ptr())[axis];
}
KT_INDEX(threadIdx, __builtin_amdgcn_workitem_id_x(), __builtin_amdgcn_workitem_id_y(), __builtin_amdgcn_workitem_id_z())
KT_INDEX(blockIdx, __builtin_amdgcn_workgroup_id_x(), __builtin_amdgcn_workgroup_id_y(), __builtin_amdgcn_workgroup_id_z())
KT_INDEX(blockDim, __builtin_amdgcn_workgroup_size_x(), __builtin_amdgcn_workgroup_size_y(),
         __builtin_amdgcn_workgroup_size_z())
KT_INDEX(gridDim, kt_group_count(0), kt_group_count(1), kt_group_count(2))

#if __has_builtin(__builtin_amdgcn_wavefrontsize)
#define warpSize ((int)__builtin_amdgcn_wavefrontsize())
#elif defined(__GFX8__) || defined(__GFX9__)
#define warpSize 64
#else
#define warpSize 32
#endif

KT_DEVICE void __syncthreads() {
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
    __builtin_amdgcn_s_barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}
KT_DEVICE void __syncwarp(unsigned long long = ~0ull) {
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "wavefront");
    __builtin_amdgcn_wave_barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "wavefront");
}
KT_DEVICE void __threadfence() { __builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "agent"); }
KT_DEVICE void __threadfence_block() { __builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "workgroup"); }
KT_DEVICE long long clock64() { return (long long)__builtin_readcyclecounter(); }

#elif defined(__NVPTX__)

KT_INDEX(threadIdx, __nvvm_read_ptx_sreg_tid_x(), __nvvm_read_ptx_sreg_tid_y(), __nvvm_read_ptx_sreg_tid_z())
KT_INDEX(blockIdx, __nvvm_read_ptx_sreg_ctaid_x(), __nvvm_read_ptx_sreg_ctaid_y(), __nvvm_read_ptx_sreg_ctaid_z())
KT_INDEX(blockDim, __nvvm_read_ptx_sreg_ntid_x(), __nvvm_read_ptx_sreg_ntid_y(), __nvvm_read_ptx_sreg_ntid_z())
KT_INDEX(gridDim, __nvvm_read_ptx_sreg_nctaid_x(), __nvvm_read_ptx_sreg_nctaid_y(), __nvvm_read_ptx_sreg_nctaid_z())

#define warpSize 32

// __syncthreads is a builtin of clang here.
KT_DEVICE void __syncwarp(unsigned mask = ~0u) { __nvvm_bar_warp_sync(mask); }
KT_DEVICE void __threadfence() { __nvvm_membar_gl(); }
KT_DEVICE void __threadfence_block() { __nvvm_membar_cta(); }
KT_DEVICE long long clock64() { return (long long)__nvvm_read_ptx_sreg_clock64(); }

#else  // the host half of a parse: names only

KT_INDEX(threadIdx, 0, 0, 0)
KT_INDEX(blockIdx, 0, 0, 0)
KT_INDEX(blockDim, 0, 0, 0)
KT_INDEX(gridDim, 0, 0, 0)
#define warpSize 32
__device__ void __syncthreads();
__device__ void __syncwarp(unsigned long long mask = ~0ull);
__device__ void __threadfence();
__device__ void __threadfence_block();
__device__ long long clock64();

#endif

KT_BOTH void __trap() { __builtin_trap(); }
#undef KT_INDEX
