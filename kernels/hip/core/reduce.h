// Sums over the 32 lanes of a group, and over the groups of a workgroup.
#pragma once
#include "target.h"

CONSTANT int next_power_of_two(int n) {
    int power = 1;
    while (power < n) power *= 2;
    return power;
}

// One round of the below for each power of two from `half` down to 1. By recursion, since compilers leave such a pair of
// nested loops as they are when there are many values, and then the values in memory.
template <int half, int count>
DEVICE void halve_sums(float (&value)[count], int lane) {
    constexpr int mask = half * group_lanes / count;
    bool upper = lane & mask;
#pragma unroll
    for (int i = 0; i < half; ++i) {
        float given = upper ? value[i] : value[i + half];
        float kept = upper ? value[i + half] : value[i];
        value[i] = kept + exchange(given, mask);
    }
    if constexpr (half > 1) halve_sums<half / 2>(value, lane);
}

// Sums `count` (a power of two, at most 32) values over the lanes at once. In every round a lane hands half of its
// values to a neighbour and takes the neighbour's share of the other half, so count - 1 exchanges do what count
// butterflies would. Lane l ends with the sum of value number l / (32 / count).
template <int count>
DEVICE float sum_over_lanes(float (&value)[count], int lane) {
    if constexpr (count > 1) halve_sums<count / 2>(value, lane);
#pragma unroll
    for (int mask = group_lanes / 2 / count; mask > 0; mask /= 2) value[0] += exchange(value[0], mask);
    return value[0];
}

// Sums `count` values over `groups` groups: over the whole (32, groups) workgroup, or, if 1, over each group of any
// workgroup by itself. Hands sum number i to `store(i, sum)`.
template <int groups, int count, typename Store>
DEVICE void sum_over_groups(const float (&partial)[count], Store store) {
    constexpr int padded = next_power_of_two(count), lanes_each = group_lanes / padded;
    int lane = static_cast<int>(threadIdx.x), group = static_cast<int>(threadIdx.y), i = lane / lanes_each;
    float value[padded] = {};
#pragma unroll
    for (int k = 0; k < count; ++k) value[k] = partial[k];
    float sum = sum_over_lanes(value, lane);
    if constexpr (groups == 1) {
        if (lane % lanes_each == 0 && i < count) store(i, sum);
    } else {
        __shared__ float shared[groups][padded];
        if (lane % lanes_each == 0) shared[group][i] = sum;
        __syncthreads();
        if (group != 0 || lane >= count) return;
        float total = 0.0f;
#pragma unroll
        for (int g = 0; g < groups; ++g) total += shared[g][lane];
        store(lane, total);
    }
}
