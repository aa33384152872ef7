// HIP under nvcc: CUDA's own headers under HIP's names. nvcc makes the device language known by itself.
#pragma once
#include <cuda_runtime.h>
