// Functions that HIP lacks.
#include "cuda_fp16.h"  // hazard: cuda-header
#include <cuda_bf16.h>  // hazard: cuda-header
#include <stdint.h>  // fine: cuda-header, cooperative-groups-extra, block-primitive
#include "hip/hip_fp16.h"  // fine: cuda-header, block-primitive, cooperative-groups-extra
#include <cooperative_groups/reduce.h>  // hazard: cooperative-groups-extra
#include <cooperative_groups/memcpy_async.h>  // hazard: cooperative-groups-extra
#include <cub/block/block_reduce.cuh>  // hazard: block-primitive
#include <thrust/sort.h>  // hazard: block-primitive

__device__ int my_dp4a(int a, int b, int c) { return a * b + c; }
__device__ int vadd(int a, int b) { return a + b; }

__device__ int words(int a, int b) {
    int sum = __dp4a(a, b, 0);  // hazard: dp4a
    sum = __dp4a(b, a, sum);  // hazard: dp4a
    sum += my_dp4a(a, b, sum);  // fine: dp4a
    sum += a * b;  // fine: dp4a
    sum += __vsubss4(a, b);  // hazard: simd-in-word
    sum += __vcmpeq4(a, b);  // hazard: simd-in-word
    sum += vadd(a, b);  // fine: simd-in-word
    sum += __popc(a);  // fine: simd-in-word
    return sum;
}

__device__ void assembly(int *p) {
    int lane, x;
    asm volatile("mov.u32 %0, %laneid;" : "=r"(lane));  // hazard: inline-asm, special-register
    asm("add.s32 %0, %1, 1;" : "=r"(x) : "r"(lane));  // hazard: inline-asm  fine: special-register
    asm("mov.u32 %0, %smid;" : "=r"(x));  // hazard: inline-asm, special-register
    // asm("in a comment");  fine: inline-asm
    const char *text = "asm(not this, %laneid)";  // fine: inline-asm, special-register
    p[0] = lane + x + text[0];
}

__device__ float rounding(float a, float b) {
    float sum = __fadd_rz(a, b);  // hazard: directed-rounding
    sum += __fmul_ru(a, b);  // hazard: directed-rounding
    sum += __fmaf_rn(a, b, sum);  // fine: directed-rounding
    sum += __fsqrt_rn(a);  // fine: directed-rounding
    return sum;
}

__device__ void loads(const float *p, float *q) {
    q[0] = __ldcs(p);  // hazard: cache-hint
    __stwt(q + 1, 2.0f);  // hazard: cache-hint
    q[2] = __ldg(p + 1);  // fine: cache-hint
    q[3] = p[2];  // fine: cache-hint
}

__device__ void halves(half a, half b, half *p) {
    p[0] = __hmax(a, b);  // hazard: half-extras
    p[1] = __hmin_nan(a, b);  // hazard: half-extras
    p[2] = __hadd(a, b);  // fine: half-extras
    p[3] = __float2half(fmaxf(__half2float(a), __half2float(b)));  // fine: half-extras
    atomicAdd(p + 4, a);  // hazard: half-atomic
    atomicAdd(&p[5], b);  // hazard: half-atomic
}

__device__ void atomics(float *f, int *i) {
    atomicAdd(f, 1.0f);  // fine: half-atomic, unsafe-float-atomic
    atomicMax(i, 3);  // fine: half-atomic, unsafe-float-atomic
    unsafeAtomicAdd(f, 1.0f);  // hazard: unsafe-float-atomic
    unsafeAtomicMax(f, 2.0f);  // hazard: unsafe-float-atomic
}

__device__ float brains(const __nv_bfloat16 *p, const __hip_bfloat16 *h, const half *q) {  // hazard: bfloat16
    float x = __bfloat162float(p[0]);  // hazard: bfloat16
    return x + __half2float(q[0]);  // fine: bfloat16
}
__device__ const half *not_brains(const half *h) { return h; }  // fine: bfloat16

__device__ void waits(long long *p) {
    p[0] = clock64();  // hazard: device-clock
    __nanosleep(100);  // hazard: device-clock
    __syncthreads();  // fine: device-clock, syncwarp
    __syncwarp();  // hazard: syncwarp
    __syncwarp(0xffff);  // hazard: syncwarp
    __threadfence();  // fine: syncwarp
}
long clock_of_host() { return clock(); }  // fine: device-clock

__device__ void stops(int x) {
    if (x == 1) __trap();  // hazard: trap
    if (x == 2) __brkpt();  // hazard: trap
    if (x == 3) __builtin_trap();  // fine: trap
    if (x == 4) return;  // fine: trap
}

__device__ void copies(int *shared, const int *p) {
    __pipeline_memcpy_async(shared, p, 16);  // hazard: async-copy
    __pipeline_commit();  // hazard: async-copy
    memcpy(shared, p, 16);  // fine: async-copy
    shared[0] = p[0];  // fine: async-copy
}
