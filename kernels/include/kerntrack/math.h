// Device math. Functions that every target lowers by itself are defined; the others are declared, so that sources which
// use them can be read (scanning) and only a compile that really needs one fails, at link.
#pragma once
#include "kerntrack/attributes.h"

#define KT_DEFINED_1(name)                                                   \
    KT_DEVICE float name##f(float x) { return __builtin_##name##f(x); }      \
    KT_DEVICE double name(double x) { return __builtin_##name(x); }          \
    KT_DEVICE float name(float x) { return __builtin_##name##f(x); }
#define KT_DEFINED_2(name)                                                                  \
    KT_DEVICE float name##f(float x, float y) { return __builtin_##name##f(x, y); }         \
    KT_DEVICE double name(double x, double y) { return __builtin_##name(x, y); }            \
    KT_DEVICE float name(float x, float y) { return __builtin_##name##f(x, y); }
#define KT_DECLARED_1(name)         \
    __device__ float name##f(float); \
    __device__ double name(double);  \
    KT_DEVICE float name(float x) { return name##f(x); }
#define KT_DECLARED_2(name)                 \
    __device__ float name##f(float, float);  \
    __device__ double name(double, double);  \
    KT_DEVICE float name(float x, float y) { return name##f(x, y); }

KT_DEFINED_1(fabs)
KT_DEFINED_1(sqrt)
KT_DEFINED_1(floor)
KT_DEFINED_1(ceil)
KT_DEFINED_1(trunc)
KT_DEFINED_1(round)
KT_DEFINED_1(rint)
KT_DEFINED_1(nearbyint)
KT_DEFINED_2(fmax)
KT_DEFINED_2(fmin)
KT_DEFINED_2(copysign)

// The AMD and NVIDIA back ends expand these in single precision only.
#define KT_FLOAT_ONLY(name)                                             \
    KT_DEVICE float name##f(float x) { return __builtin_##name##f(x); } \
    __device__ double name(double);                                     \
    KT_DEVICE float name(float x) { return __builtin_##name##f(x); }
KT_FLOAT_ONLY(exp)
KT_FLOAT_ONLY(exp2)
KT_FLOAT_ONLY(log)
KT_FLOAT_ONLY(log2)
KT_FLOAT_ONLY(log10)
KT_FLOAT_ONLY(sin)
KT_FLOAT_ONLY(cos)
#undef KT_FLOAT_ONLY

KT_DECLARED_1(tan)
KT_DECLARED_1(asin)
KT_DECLARED_1(acos)
KT_DECLARED_1(atan)
KT_DECLARED_1(sinh)
KT_DECLARED_1(cosh)
KT_DECLARED_1(tanh)
KT_DECLARED_1(asinh)
KT_DECLARED_1(acosh)
KT_DECLARED_1(atanh)
KT_DECLARED_1(erf)
KT_DECLARED_1(erfc)
KT_DECLARED_1(expm1)
KT_DECLARED_1(log1p)
KT_DECLARED_1(cbrt)
KT_DECLARED_1(tgamma)
KT_DECLARED_1(lgamma)
KT_DECLARED_1(normcdf)
KT_DECLARED_2(pow)
KT_DECLARED_2(fmod)
KT_DECLARED_2(atan2)
KT_DECLARED_2(hypot)
#undef KT_DEFINED_1
#undef KT_DEFINED_2
#undef KT_DECLARED_1
#undef KT_DECLARED_2

KT_DEVICE float fmaf(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
KT_DEVICE double fma(double x, double y, double z) { return __builtin_fma(x, y, z); }
KT_DEVICE float fma(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
__device__ float ldexpf(float x, int exponent);
__device__ double ldexp(double x, int exponent);
KT_DEVICE float rsqrtf(float x) { return 1.0f / __builtin_sqrtf(x); }
KT_DEVICE double rsqrt(double x) { return 1.0 / __builtin_sqrt(x); }
KT_DEVICE long lroundf(float x) { return (long)__builtin_roundf(x); }
KT_DEVICE long lrintf(float x) { return (long)__builtin_rintf(x); }
KT_DEVICE float __expf(float x) { return __builtin_expf(x); }
KT_DEVICE float __logf(float x) { return __builtin_logf(x); }
KT_DEVICE float __fdividef(float x, float y) { return x / y; }
KT_DEVICE float __frcp_rn(float x) { return 1.0f / x; }
KT_DEVICE float __fsqrt_rn(float x) { return __builtin_sqrtf(x); }
KT_DEVICE float __fmaf_rn(float x, float y, float z) { return __builtin_fmaf(x, y, z); }

// Integer results of rounding, and int conversions by name.
KT_DEVICE int __float2int_rn(float x) { return (int)__builtin_rintf(x); }
KT_DEVICE int __float2int_rz(float x) { return (int)x; }
KT_DEVICE int __float2int_rd(float x) { return (int)__builtin_floorf(x); }
KT_DEVICE int __float2int_ru(float x) { return (int)__builtin_ceilf(x); }
KT_DEVICE float __int2float_rn(int x) { return (float)x; }
KT_DEVICE float __uint2float_rn(unsigned x) { return (float)x; }

template <typename T>
KT_BOTH bool isnan(T x) { return x != x; }
KT_BOTH bool isinf(float x) { return __builtin_isinf(x); }
KT_BOTH bool isinf(double x) { return __builtin_isinf(x); }
KT_BOTH bool isfinite(float x) { return __builtin_isfinite(x); }
KT_BOTH bool isfinite(double x) { return __builtin_isfinite(x); }
KT_BOTH bool signbit(float x) { return __builtin_signbitf(x); }
KT_BOTH bool signbit(double x) { return __builtin_signbit(x); }

// min, max, abs: integers in the wider of both types, floats as fmin and fmax.
#define KT_EXTREMES(type)                                            \
    KT_BOTH type min(type a, type b) { return b < a ? b : a; }       \
    KT_BOTH type max(type a, type b) { return a < b ? b : a; }
KT_EXTREMES(int)
KT_EXTREMES(unsigned)
KT_EXTREMES(long)
KT_EXTREMES(unsigned long)
KT_EXTREMES(long long)
KT_EXTREMES(unsigned long long)
#undef KT_EXTREMES
#define KT_MIXED(signed_type, unsigned_type)                                                                   \
    KT_BOTH unsigned_type min(signed_type a, unsigned_type b) { return min((unsigned_type)a, b); }             \
    KT_BOTH unsigned_type min(unsigned_type a, signed_type b) { return min(a, (unsigned_type)b); }             \
    KT_BOTH unsigned_type max(signed_type a, unsigned_type b) { return max((unsigned_type)a, b); }             \
    KT_BOTH unsigned_type max(unsigned_type a, signed_type b) { return max(a, (unsigned_type)b); }
KT_MIXED(int, unsigned)
KT_MIXED(long, unsigned long)
KT_MIXED(unsigned, unsigned long)
KT_MIXED(int, unsigned long)
#undef KT_MIXED
KT_DEVICE float min(float a, float b) { return __builtin_fminf(a, b); }
KT_DEVICE float max(float a, float b) { return __builtin_fmaxf(a, b); }
KT_DEVICE double min(double a, double b) { return __builtin_fmin(a, b); }
KT_DEVICE double max(double a, double b) { return __builtin_fmax(a, b); }
KT_BOTH int abs(int x) { return x < 0 ? -x : x; }
KT_BOTH long abs(long x) { return x < 0 ? -x : x; }
KT_BOTH long long abs(long long x) { return x < 0 ? -x : x; }
KT_DEVICE float abs(float x) { return __builtin_fabsf(x); }
KT_DEVICE double abs(double x) { return __builtin_fabs(x); }
