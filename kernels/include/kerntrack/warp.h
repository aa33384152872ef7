// Cross-lane operations. The width argument names the logical group, so that 32-lane code is right in 64-lane waves.
#pragma once
#include "kerntrack/index.h"

#if defined(__AMDGCN__)

KT_DEVICE int __lane_id() { return (int)__builtin_amdgcn_mbcnt_hi(~0u, __builtin_amdgcn_mbcnt_lo(~0u, 0u)); }

// Bytes are addressed, four a lane; a source outside the group (see the callers) is the lane itself.
KT_DEVICE int kt_read_lane(int value, int lane) { return __builtin_amdgcn_ds_bpermute(lane << 2, value); }

KT_DEVICE int kt_shuffle(int value, int source, int width) {
    int lane = __lane_id();
    return kt_read_lane(value, (lane & -width) | (source & (width - 1)));
}
KT_DEVICE int kt_shuffle_xor(int value, int distance, int width) {
    int lane = __lane_id(), source = lane ^ distance;
    return kt_read_lane(value, source < ((lane + width) & -width) ? source : lane);
}
KT_DEVICE int kt_shuffle_down(int value, unsigned distance, int width) {
    int lane = __lane_id();
    return kt_read_lane(value, (lane & (width - 1)) + (int)distance < width ? lane + (int)distance : lane);
}
KT_DEVICE int kt_shuffle_up(int value, unsigned distance, int width) {
    int lane = __lane_id();
    return kt_read_lane(value, (lane & (width - 1)) >= (int)distance ? lane - (int)distance : lane);
}
typedef unsigned long long kt_lane_mask;
KT_DEVICE kt_lane_mask __ballot(int predicate) {
#if __has_builtin(__builtin_amdgcn_ballot_w64)
    return __builtin_amdgcn_ballot_w64(predicate != 0);
#else
    return __builtin_amdgcn_uicmpl((unsigned long long)(predicate != 0), 0ull, 33);
#endif
}
KT_DEVICE kt_lane_mask __activemask() { return __ballot(1); }

#elif defined(__NVPTX__)

// The last operand of PTX shfl: lower bound of the group in bits 12:8, its upper clamp in 4:0.
KT_DEVICE int __lane_id() { return __nvvm_read_ptx_sreg_laneid(); }
KT_DEVICE int kt_shuffle(int value, int source, int width) {
    return __nvvm_shfl_sync_idx_i32(~0u, value, source, ((32 - width) << 8) | 0x1f);
}
KT_DEVICE int kt_shuffle_xor(int value, int distance, int width) {
    return __nvvm_shfl_sync_bfly_i32(~0u, value, distance, ((32 - width) << 8) | 0x1f);
}
KT_DEVICE int kt_shuffle_down(int value, unsigned distance, int width) {
    return __nvvm_shfl_sync_down_i32(~0u, value, (int)distance, ((32 - width) << 8) | 0x1f);
}
KT_DEVICE int kt_shuffle_up(int value, unsigned distance, int width) {
    return __nvvm_shfl_sync_up_i32(~0u, value, (int)distance, (32 - width) << 8);
}
typedef unsigned kt_lane_mask;
KT_DEVICE kt_lane_mask __ballot(int predicate) { return __nvvm_vote_ballot_sync(~0u, predicate != 0); }
KT_DEVICE kt_lane_mask __activemask() {
    unsigned mask;
    asm volatile("activemask.b32 %0;" : "=r"(mask));
    return mask;
}

#else

__device__ int __lane_id();
__device__ int kt_shuffle(int value, int source, int width);
__device__ int kt_shuffle_xor(int value, int distance, int width);
__device__ int kt_shuffle_down(int value, unsigned distance, int width);
__device__ int kt_shuffle_up(int value, unsigned distance, int width);
typedef unsigned long long kt_lane_mask;
__device__ kt_lane_mask __ballot(int predicate);
__device__ kt_lane_mask __activemask();

#endif

// Any trivially copyable type travels as 32-bit words.
template <typename T, typename Move>
KT_DEVICE T kt_each_word(T value, Move move) {
    constexpr int words = (sizeof(T) + 3) / 4;
    int word[words] = {};
    __builtin_memcpy(word, &value, sizeof(T));
    for (int i = 0; i < words; ++i) word[i] = move(word[i]);
    __builtin_memcpy(&value, word, sizeof(T));
    return value;
}

#define KT_SHUFFLE(name, operand, move)                                               \
    template <typename T>                                                             \
    KT_DEVICE T name(T value, operand at, int width = warpSize) {                     \
        return kt_each_word(value, [=](int word) { return move(word, at, width); });  \
    }                                                                                 \
    template <typename Mask, typename T>                                              \
    KT_DEVICE T name##_sync(Mask, T value, operand at, int width = warpSize) {        \
        return name(value, at, width);                                                \
    }
KT_SHUFFLE(__shfl, int, kt_shuffle)
KT_SHUFFLE(__shfl_xor, int, kt_shuffle_xor)
KT_SHUFFLE(__shfl_down, unsigned, kt_shuffle_down)
KT_SHUFFLE(__shfl_up, unsigned, kt_shuffle_up)
#undef KT_SHUFFLE

// A mask argument selects lanes of the result; convergence of the lanes it names is the caller's promise, as in CUDA.
template <typename Mask>
KT_DEVICE kt_lane_mask __ballot_sync(Mask mask, int predicate) { return __ballot(predicate) & mask; }
KT_DEVICE int __any(int predicate) { return __ballot(predicate) != 0; }
KT_DEVICE int __all(int predicate) { return __ballot(!predicate) == 0; }
template <typename Mask>
KT_DEVICE int __any_sync(Mask mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
template <typename Mask>
KT_DEVICE int __all_sync(Mask mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }

// sm_80's whole-group reductions over 32 lanes.
KT_DEVICE unsigned __reduce_add_sync(unsigned, unsigned value) {
    for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor(value, distance, 32);
    return value;
}
KT_DEVICE unsigned __reduce_max_sync(unsigned, unsigned value) {
    for (int distance = 16; distance > 0; distance /= 2) {
        unsigned other = __shfl_xor(value, distance, 32);
        value = other > value ? other : value;
    }
    return value;
}
