"""A small project in source: four CUDA kernels; one ported, one drifted, one missing, one HIP kernel too many."""

from pathlib import Path

CUDA = """\
struct block_q4_0 { unsigned short d; unsigned char qs[16]; };

static __device__ float twice(float x) { return x + x; }
static __device__ float unused(float x) { return x; }

#define DEQUANTIZE(name, out) \\
    extern "C" __global__ void name(const void * vx, out * y, int k) { y[threadIdx.x] = twice(k); }

DEQUANTIZE(dequantize_block_q5_1_f32, float)
DEQUANTIZE(dequantize_block_q5_1_f16, half)

extern "C" __global__ void mul_mat_q4_0(const block_q4_0 * vx, float * dst) {
    dst[threadIdx.x] = twice(vx[0].d);
}

extern "C" __global__ void scale(float * x, float factor) {
    x[threadIdx.x] *= factor;
}
"""

HIP = """\
#include <hip/hip_runtime.h>

extern "C" __global__ void dequantize_block_q5_1_f32(const void * vx, float * y, int k) {
    y[threadIdx.x] = float(k);
}

extern "C" __global__ void scale(float * x, double factor) {
    x[threadIdx.x] *= factor;
}

extern "C" __global__ void own(float * x) {
    x[0] = 0.0f;
}
"""

CONFIG = """\
cuda = ["cuda"]
hip = ["hip"]
archs = ["gfx90a", "gfx1100"]
cache = "cache"
"""


def write(folder: Path) -> Path:
    """Write the project into `folder`."""
    for name, text in (("cuda/all.cu", CUDA), ("hip/port.hip", HIP), ("kerntrack.toml", CONFIG)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder
