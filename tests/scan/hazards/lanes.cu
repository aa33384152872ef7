// Lane counts, lane numbers, shuffles and ballots.
#define WARP_SIZE 32  // hazard: lane-count-constant
#define TILE 32  // fine: lane-count-constant
constexpr int kWarpSize = 64;  // hazard: lane-count-constant
constexpr int block_values = 32;  // fine: lane-count-constant
static const int warps_per_block = 4;  // fine: lane-count-constant

__device__ float masks(float x) {
    x += __shfl_xor_sync(0xffffffff, x, 1, 32);  // hazard: sync-mask-32, sync-shuffle
    x += __shfl_down_sync(0xffffffffu, x, 2, TILE);  // hazard: sync-mask-32, sync-shuffle
    x += __shfl_xor_sync(~0ull, x, 1, 32);  // hazard: sync-shuffle  fine: sync-mask-32
    unsigned long long every = ~0ull;
    x += __shfl_up_sync(every, x, 1, 32);  // hazard: sync-shuffle  fine: sync-mask-32
    return x;
}

template <class T> __device__ T masks_of(T x) {
    return x + __shfl_xor_sync(0xffffffff, x, 4, 32);  // hazard: sync-mask-32, sync-shuffle
}

__device__ float widths(float x) {
    x += __shfl_xor(x, 8, 32);  // fine: shuffle-without-width, sync-shuffle
    x += __shfl_xor_sync(~0ull, x, 8, WARP_SIZE);  // hazard: sync-shuffle  fine: shuffle-without-width
    x += __shfl_xor(x, 8);  // hazard: shuffle-without-width  fine: sync-shuffle
    x += __shfl_down_sync(~0ull, x, 8);  // hazard: shuffle-without-width, sync-shuffle
    return x;
}

__device__ float loops(float x, float *out) {
    for (int m = 16; m > 0; m >>= 1) {  // hazard: halving-from-16
        x += __shfl_xor(x, m);  // hazard: shuffle-without-width
    }
    for (int m = WARP_SIZE / 2; m; m /= 2) x += __shfl_down(x, m);  // hazard: halving-from-16, shuffle-without-width
    for (int m = 16; m > 0; m >>= 1) x += __shfl_xor(x, m, 32);  // fine: halving-from-16
    for (int i = 16; i > 0; i >>= 1) out[i] = x;  // fine: halving-from-16
    return x;
}

__global__ void numbers(float *out, int *ints, float x) {
    __shared__ float sums[32];  // hazard: shared-per-warp
    __shared__ float corners[4];  // fine: shared-per-warp
    int lane = threadIdx.x % 32;  // hazard: lane-arithmetic
    int warp = threadIdx.x / WARP_SIZE;  // hazard: lane-arithmetic
    int tid = threadIdx.x;
    if (lane == 0) sums[warp] = x;
    __syncthreads();
    x += __shfl_xor(x, tid & 31, 32);  // hazard: lane-arithmetic
    const int chunk = tid / 32;  // fine: lane-arithmetic
    const int within = tid % 32;  // fine: lane-arithmetic
    out[64 * chunk + within] = x;
    corners[tid & 3] = x;
    unsigned mine = 1u << lane;  // hazard: lane-bit-shift
    unsigned below = (1 << (threadIdx.x & 31)) - 1;  // hazard: lane-bit-shift
    unsigned long long wide = 1ull << lane;  // fine: lane-bit-shift
    unsigned bit = 1u << chunk / 8;  // fine: lane-bit-shift
    ints[0] = mine + below + (int) wide + bit + corners[0];
}

__global__ void slots(float *out) {
    __shared__ float partial[16];  // hazard: shared-per-warp
    __shared__ float line[32];  // fine: shared-per-warp
    partial[threadIdx.x >> 5] = 1;  // hazard: lane-arithmetic
    line[threadIdx.x] = 2;
    out[0] = partial[0] + line[0];
}

__global__ void ballots(int *out, int p) {
    unsigned voted = __ballot(p);  // hazard: ballot-in-int
    int active = __activemask();  // hazard: ballot-in-int
    unsigned long long all = __ballot(p);  // fine: ballot-in-int
    int any = __any(p);  // fine: ballot-in-int
    out[0] = __popc(__ballot(p));  // hazard: count-of-ballot
    out[1] = __ffs(voted);  // hazard: count-of-ballot
    out[2] = __popcll(all) + __popcll(__ballot(p));  // fine: count-of-ballot
    out[3] = __popc(out[4]);  // fine: count-of-ballot
    out[4] = active + any;
}

__global__ void guarded(float *out) {
    if (warpSize != 32) return;  // hazard: refuses-other-widths
    static_assert(WARP_SIZE == 32, "made for 32 lanes");  // hazard: refuses-other-widths
    if (blockDim.x != 32) return;  // fine: refuses-other-widths
    if (warpSize == 32) out[0] = 1;  // fine: refuses-other-widths
}

__global__ void asks(int *out) { out[0] = warpSize; }  // fine: host-wave-size

int grid_for(int n) { return n / warpSize; }  // hazard: host-wave-size
int warps_for(int n) {
    return (n + warpSize - 1) / warpSize;  // hazard: host-wave-size
}
int blocks_for(int n) { return n / block_values; }  // fine: host-wave-size

__device__ unsigned voters(int p) {
    return __ballot(p);  // hazard: ballot-in-int
}
__device__ unsigned long long all_voters(int p) {
    int later;
    later = __ballot(p);  // hazard: ballot-in-int
    unsigned long long wide;
    wide = __ballot(p);  // fine: ballot-in-int
    return wide + later + __popcll(__ballot(p));
}

__global__ void leaders(float *out, const int *ints, float x) {
    int tid = threadIdx.x + blockIdx.x * blockDim.x;
    x += __shfl_xor(x, 1, 32);
    if ((tid & 31) == 0) out[tid] = x;  // hazard: lane-arithmetic
    if ((tid & 31) < ints[0]) out[tid + 1] = x;  // fine: lane-arithmetic
}

__global__ void columns(float *out, int tid) {
    if ((threadIdx.x & 31) == 0) out[tid] = 0;  // fine: lane-arithmetic
}
