// dim3 and the short vector types (char2 … double4), with their CUDA alignments.
#pragma once
#include "kerntrack/attributes.h"
#include <stddef.h>
#include <stdint.h>

#define KT_VECTORS(type, name, align2, align4)                                                      \
    struct name##1 { type x; };                                                                     \
    struct __align__(align2) name##2 { type x, y; };                                                \
    struct name##3 { type x, y, z; };                                                               \
    struct __align__(align4) name##4 { type x, y, z, w; };                                          \
    KT_BOTH name##1 make_##name##1(type x) { return name##1{x}; }                                   \
    KT_BOTH name##2 make_##name##2(type x, type y) { return name##2{x, y}; }                        \
    KT_BOTH name##3 make_##name##3(type x, type y, type z) { return name##3{x, y, z}; }             \
    KT_BOTH name##4 make_##name##4(type x, type y, type z, type w) { return name##4{x, y, z, w}; }

KT_VECTORS(signed char, char, 2, 4)
KT_VECTORS(unsigned char, uchar, 2, 4)
KT_VECTORS(short, short, 4, 8)
KT_VECTORS(unsigned short, ushort, 4, 8)
KT_VECTORS(int, int, 8, 16)
KT_VECTORS(unsigned int, uint, 8, 16)
KT_VECTORS(long, long, 16, 16)
KT_VECTORS(unsigned long, ulong, 16, 16)
KT_VECTORS(long long, longlong, 16, 16)
KT_VECTORS(unsigned long long, ulonglong, 16, 16)
KT_VECTORS(float, float, 8, 16)
KT_VECTORS(double, double, 16, 16)
#undef KT_VECTORS

struct dim3 {
    unsigned x, y, z;
    KT_MEMBER constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
    KT_MEMBER constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
};
