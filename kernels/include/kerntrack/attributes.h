// Function and variable attributes of the CUDA and HIP dialects, for clang.
#pragma once

#if !defined(__clang__)
#error "these headers are for clang; nvcc and hipcc bring their own"
#endif

#define __host__ __attribute__((host))
#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __managed__ __attribute__((managed))
#if defined(__AMDGCN__)  // where clang ignores launch_bounds; the minimum of blocks or waves is a hint and left out
#define __launch_bounds__(threads, ...) __attribute__((amdgpu_flat_work_group_size(1, threads)))
#else
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#endif
#define __grid_constant__
#define __align__(n) __attribute__((aligned(n)))

// clang reads __forceinline__ and __noinline__ inside __attribute__ as well, so only the bare forms are ours.
#define __forceinline__ __inline__ __attribute__((always_inline))

#if defined(__AMDGCN__) && !defined(__HIP_PLATFORM_AMD__)
#define __HIP_PLATFORM_AMD__ 1
#endif

// Everything these headers define runs on the device; constructors and conversions must also be callable by host code.
#define KT_DEVICE static __device__ __forceinline__
#define KT_MEMBER __host__ __device__ __forceinline__
#define KT_BOTH static __host__ __device__ __forceinline__
