// Shared memory, locks, launch bounds, arguments.
struct shape { int rows, columns; };
typedef int (*dot_t)(const int *, const int *);

__global__ void __launch_bounds__(256, 2) two_bounds(int *p) { p[0] = 1; }  // hazard: minimum-blocks
__global__ void __launch_bounds__(128, 4) other_bounds(int *p) { p[0] = 1; }  // hazard: minimum-blocks
__global__ void __launch_bounds__(256) one_bound(int *p) { p[0] = 1; }  // fine: minimum-blocks
__global__ void no_bounds(int *p) { p[0] = 1; }  // fine: minimum-blocks

__device__ void large_tile(float *p) { __shared__ float tile[20000]; p[0] = tile[1]; }
__global__ void too_large(float *p) { __shared__ char more[70000]; p[0] = more[0]; }  // hazard: too-much-shared
__global__ void too_large_through_helper(float *p) { large_tile(p); }  // hazard: too-much-shared
__global__ void just_fits(float *p) { __shared__ float tile[16384]; p[0] = tile[0]; }  // fine: too-much-shared
__global__ void dynamic(float *p) { extern __shared__ float any[]; p[0] = any[0]; }  // fine: too-much-shared

__global__ void in_step(float *p) {
    __shared__ float values[128];
    __shared__ volatile int flag;  // hazard: volatile-shared
    volatile float *view = values;  // hazard: volatile-shared
    volatile float *global_view = p;  // fine: volatile-shared
    const float *plain_view = values;  // fine: volatile-shared
    flag = 1;
    p[0] = view[0] + global_view[1] + plain_view[2];
}

__device__ void locked(int *lock, int *value) {
    while (atomicCAS(lock, 0, 1) != 0) {  // hazard: spin-lock
    }
    do {  // hazard: spin-lock
        value[0] += 1;
    } while (atomicExch(lock, 1));
    while (value[0] > 0) value[0] -= atomicAdd(lock, 1);  // fine: spin-lock
    if (atomicCAS(lock, 0, 1) == 0) value[0] = 1;  // fine: spin-lock
}

__global__ void by_value(shape s, float *p) { p[0] = s.rows; }  // hazard: struct-argument
__global__ void by_value_too(float *p,
                             const shape s) { p[0] = s.columns; }  // hazard: struct-argument
__global__ void by_pointer(const shape *s, float4 v) { }  // fine: struct-argument
__device__ int helper(shape s) { return s.rows; }  // fine: struct-argument

__global__ void wide(double *p) {
    long double sum = p[0];  // hazard: long-double
    p[0] = (double) sum;
}
struct holder { long double value; };  // hazard: long-double
__device__ double narrow(double x) { double y = x; return y; }  // fine: long-double
long double on_the_host(long double x) { return x; }  // fine: long-double

__global__ void child(int *p) { p[0] = 1; }
void from_host(int *p) { child<<<1, 32>>>(p); }  // fine: launch-in-kernel
__device__ void not_a_kernel(int *p) { p[0] = helper(shape{1, 2}); }  // fine: launch-in-kernel
