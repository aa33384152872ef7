// What differs between AMD and NVIDIA targets: dot product, lane exchange, memory access wider than its alignment.
// Everything else in kernels/hip is the same text for all of them.
#pragma once
#include <hip/hip_runtime.h>
#include <hip/hip_fp16.h>
#include <stdint.h>

#define DEVICE static __device__ __forceinline__
#define DEVICE_MEMBER __device__ __forceinline__
#define CONSTANT static __host__ __device__ constexpr

#if defined(__HIP_DEVICE_COMPILE__) || defined(__AMDGCN__)
#define TARGET_AMD 1
#else
#define TARGET_AMD 0
#endif

// Work is laid out in groups of 32 lanes on every target; a 64-lane wavefront carries two of them.
constexpr int group_lanes = 32;

// Number of the work-item in a workgroup of `groups` groups. Compilers that know it is not negative divide it by shifts.
template <int groups>
DEVICE int thread_number() {
    unsigned number = threadIdx.y * group_lanes + threadIdx.x;
    __builtin_assume(number < groups * group_lanes);
    return static_cast<int>(number);
}

// c plus the sum of the four products of signed bytes.
DEVICE int dot4(int a, int b, int c) {
#if !TARGET_AMD
    return __dp4a(a, b, c);
#elif defined(__GFX11__) || defined(__GFX12__)
    return __builtin_amdgcn_sudot4(true, a, true, b, c, false);
#elif defined(__gfx906__) || defined(__gfx908__) || defined(__gfx90a__) || defined(__gfx942__) ||              \
    defined(__gfx950__) || defined(__gfx1011__) || defined(__gfx1012__) || defined(__gfx1030__) ||             \
    defined(__gfx1031__) || defined(__gfx1032__) || defined(__gfx1033__) || defined(__gfx1034__) ||            \
    defined(__gfx1035__) || defined(__gfx1036__)
    return __builtin_amdgcn_sdot4(a, b, c, false);
#else
    for (int i = 0; i < 32; i += 8) c += static_cast<int8_t>(a >> i) * static_cast<int8_t>(b >> i);
    return c;
#endif
}

// The value of the lane whose number within the 32-lane group differs by `mask`.
DEVICE float exchange(float value, int mask) {
#if TARGET_AMD
    return __shfl_xor(value, mask, group_lanes);
#else
    return __shfl_xor_sync(0xffffffffu, value, mask, group_lanes);
#endif
}

// Iterations that a loop of long straight code takes at a time. The next one's loads start early, which an AMD compiler pays
// for with more registers than there are.
constexpr int iterations_together = TARGET_AMD ? 1 : 2;

// Keeps the AMD scheduler from moving instructions across. Where it would start on everything at once, registers run out.
DEVICE void scheduling_fence() {
#if TARGET_AMD
    __builtin_amdgcn_sched_barrier(0);
#endif
}
