// Conditions on platform and architecture.
#include <hip/hip_runtime.h>
#include <stdint.h>

#if __CUDA_ARCH__ >= 610  // hazard: cuda-arch
#define HAS_DOT 1
#endif
#if defined(__CUDA_ARCH__) && defined(HAS_DOT)  // hazard: cuda-arch
#endif
// __CUDA_ARCH__ in a comment  fine: cuda-arch
#if defined(HAS_DOT)  // fine: cuda-arch, hip-device-compile-compared, wavefront-size-macro, closed-arch-list
#endif

#if __HIP_DEVICE_COMPILE__ >= 610  // hazard: hip-device-compile-compared
#endif
#if defined(HAS_DOT) || __HIP_DEVICE_COMPILE__ == 1  // hazard: hip-device-compile-compared
#endif
#if defined(__HIP_DEVICE_COMPILE__)  // fine: hip-device-compile-compared
#endif

#if defined(__gfx906__) || defined(__gfx908__)  // hazard: closed-arch-list
#elif defined(__gfx1030__) || defined(__gfx1031__) || defined(__gfx1032__)  // hazard: closed-arch-list
#endif
#if defined(__GFX9__)  // fine: closed-arch-list
#endif

#if defined(__HIP_PLATFORM_AMD__)  // hazard: launch-shape-by-arch
#define ROWS 1
#else
#define ROWS 2
#endif
#if defined(__HIP_DEVICE_COMPILE__)  // fine: launch-shape-by-arch
#define ON_AMD 1
#else
#define ON_AMD 0
#endif

__device__ int warps() {
#if defined(USE_HIP) && defined(RDNA2)  // hazard: launch-shape-by-arch
    constexpr int nwarps = 1;
#else
    constexpr int nwarps = 4;
#endif
#if defined(__HIP_PLATFORM_AMD__)  // fine: launch-shape-by-arch
    constexpr int same = 4;
#else
    constexpr int same = 4;
#endif
#if defined(WITH_CHECKS)  // fine: launch-shape-by-arch
    constexpr int checks = 1;
#else
    constexpr int checks = 0;
#endif
    return nwarps + same + checks + ROWS;
}

#if __AMDGCN_WAVEFRONT_SIZE == 64  // hazard: wavefront-size-macro
#endif
__device__ int width() {
    return __AMDGCN_WAVEFRONT_SIZE__;  // hazard: wavefront-size-macro
}
__device__ int better() { return warpSize; }  // fine: wavefront-size-macro

extern "C" __global__ void uses(int *p) { p[0] = warps() + width() + better(); }
