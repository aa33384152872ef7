// Kernels that launch kernels. Clang refuses the launch itself here, with an error that is kept.
__global__ void child(int *p) { p[0] = 1; }
template <class T> __global__ void typed(T *p) { p[0] = 1; }
__global__ void parent(int *p) { child<<<1, 32>>>(p); }  // hazard: launch-in-kernel
__device__ void helper(int *p) { typed<int><<<1, 1>>>(p); }  // hazard: launch-in-kernel
