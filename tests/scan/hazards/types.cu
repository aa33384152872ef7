// Types without a counterpart, and calls of the host.
#include <cuda_fp8.h>  // hazard: cuda-header
#include <mma.h>  // hazard: cuda-header

typedef struct fake_texture *my_texture;
__device__ float fetch(cudaTextureObject_t image, float x) {  // hazard: texture
    return tex2D<float>(image, x, 0);  // hazard: texture
}
__device__ float fetch_mine(my_texture image, const float *p) { return p[0]; }  // fine: texture
__device__ float texture_free(const float *texture_like) { return texture_like[0]; }  // fine: texture

__device__ float eight(__nv_fp8_e4m3 x) {  // hazard: fp8
    return (float) x;
}
__device__ void eights(__nv_fp8_e5m2 *p) { }  // hazard: fp8
__device__ float fp8_like(unsigned char fp8) { return fp8; }  // fine: fp8
struct my_fp8_e4m3 { unsigned char bits; };  // fine: fp8

__device__ void tiles(half *p) {
    using namespace nvcuda;
    wmma::fragment<wmma::accumulator, 16, 16, 16, half> sum;  // hazard: matrix-fragment
    wmma::fill_fragment(sum, 0.0f);  // hazard: matrix-fragment
}
__device__ void mma_by_hand(int *p) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16 {%0}, {%0}, {%0}, {%0};" : "+r"(p[0]));  // hazard: matrix-fragment, inline-asm
    asm("add.s32 %0, %0, 1;" : "+r"(p[1]));  // hazard: inline-asm  fine: matrix-fragment
}
template <class F> __device__ void fragment(F f) { f(); }  // fine: matrix-fragment

enum attribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8, other = 9 };
int cudaFuncSetAttribute(const void *, int, int);
int cudaFuncSetCacheConfig(const void *, int);
int cudaDeviceSetCacheConfig(int);
int ask(const void *f) {
    return cudaFuncSetAttribute(f, cudaFuncAttributeMaxDynamicSharedMemorySize, 98304);  // hazard: dynamic-shared-attribute
}
int ask_again(const void *f) {
    int a = cudaFuncAttributeMaxDynamicSharedMemorySize;  // hazard: dynamic-shared-attribute
    return cudaFuncSetAttribute(f, other, a);  // fine: dynamic-shared-attribute
}
// cudaFuncAttributeMaxDynamicSharedMemorySize in a comment  fine: dynamic-shared-attribute
void prefer(const void *f) {
    cudaFuncSetCacheConfig(f, 1);  // hazard: cache-configuration
    cudaDeviceSetCacheConfig(2);  // hazard: cache-configuration
    cudaFuncSetAttribute(f, other, 1);  // fine: cache-configuration
    /* cudaFuncSetCacheConfig(f, 1) */ (void) f;  // fine: cache-configuration
}
