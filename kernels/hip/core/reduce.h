// Sums over the 32 lanes of a group, and over the groups of a workgroup.
#pragma once
#include "target.h"

CONSTANT int next_power_of_two(int n) {
    int power = 1;
    while (power < n) power *= 2;
    return power;
}

// Sums `count` (a power of two, at most 32) values over the lanes at once. In every round a lane hands half of its
// values to a neighbour and takes the neighbour's share of the other half, so count - 1 exchanges do what count
// butterflies would. Lane l ends with the sum of value number l / (32 / count).
template <int count>
DEVICE float sum_over_lanes(float (&value)[count], int lane) {
    int mask = group_lanes / 2;
#pragma unroll
    for (int half = count / 2; half > 0; half /= 2, mask /= 2) {
        bool upper = lane & mask;
#pragma unroll
        for (int i = 0; i < half; ++i) {
            float given = upper ? value[i] : value[i + half];
            float kept = upper ? value[i + half] : value[i];
            value[i] = kept + exchange(given, mask);
        }
    }
#pragma unroll
    for (; mask > 0; mask /= 2) value[0] += exchange(value[0], mask);
    return value[0];
}

// Sums `count` values over all threads of a (32, groups) workgroup and hands sum number i to `store(i, sum)`.
template <int groups, int count, typename Store>
DEVICE void sum_over_workgroup(const float (&partial)[count], Store store) {
    constexpr int padded = next_power_of_two(count);
    __shared__ float shared[groups][padded];
    int lane = static_cast<int>(threadIdx.x), group = static_cast<int>(threadIdx.y);
    float value[padded] = {};
#pragma unroll
    for (int i = 0; i < count; ++i) value[i] = partial[i];

    float sum = sum_over_lanes(value, lane);
    constexpr int lanes_each = group_lanes / padded;
    if (lane % lanes_each == 0) shared[group][lane / lanes_each] = sum;
    __syncthreads();
    if (group != 0 || lane >= count) return;
    float total = 0.0f;
#pragma unroll
    for (int g = 0; g < groups; ++g) total += shared[g][lane];
    store(lane, total);
}
