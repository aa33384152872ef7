// __half and __half2 over the compiler's storage type __fp16; one struct under CUDA's and HIP's names.
// Arithmetic goes through float: for + - * / its 24 bits are enough to make the second rounding exact.
#pragma once
#include "kerntrack/integer.h"
#include "kerntrack/math.h"

struct __half_raw {
    unsigned short x;
};

struct __align__(2) __half {
    __fp16 value;

    __half() = default;
    KT_MEMBER __half(const __half_raw& raw) { __builtin_memcpy(&value, &raw, sizeof(value)); }
#define KT_FROM(type) \
    KT_MEMBER __half(type v) : value((__fp16)v) {}
    KT_FROM(float)
    KT_FROM(double)
    KT_FROM(int)
    KT_FROM(unsigned)
    KT_FROM(short)
    KT_FROM(unsigned short)
    KT_FROM(long)
    KT_FROM(unsigned long)
    KT_FROM(long long)
    KT_FROM(unsigned long long)
#undef KT_FROM
    KT_MEMBER operator float() const { return (float)value; }
    KT_MEMBER operator __half_raw() const {
        __half_raw raw;
        __builtin_memcpy(&raw, &value, sizeof(raw));
        return raw;
    }
#define KT_TO(type) \
    KT_MEMBER explicit operator type() const { return (type)value; }
    KT_TO(bool)
    KT_TO(signed char)
    KT_TO(unsigned char)
    KT_TO(short)
    KT_TO(unsigned short)
    KT_TO(int)
    KT_TO(unsigned)
    KT_TO(long)
    KT_TO(unsigned long)
    KT_TO(long long)
    KT_TO(unsigned long long)
    KT_TO(double)
#undef KT_TO
};
typedef __half half;

struct __align__(4) __half2 {
    __half x, y;
    __half2() = default;
    KT_MEMBER __half2(__half x_, __half y_) : x(x_), y(y_) {}
};
typedef __half2 half2;

#define KT_OPERATOR(op)                                                                                     \
    KT_BOTH __half operator op(__half a, __half b) { return __half((float)a.value op(float) b.value); }         \
    KT_BOTH __half& operator op##=(__half& a, __half b) { return a = a op b; }                              \
    KT_BOTH __half2 operator op(__half2 a, __half2 b) { return __half2(a.x op b.x, a.y op b.y); }           \
    KT_BOTH __half2& operator op##=(__half2& a, __half2 b) { return a = a op b; }
KT_OPERATOR(+)
KT_OPERATOR(-)
KT_OPERATOR(*)
KT_OPERATOR(/)
#undef KT_OPERATOR
#define KT_COMPARE(op) \
    KT_BOTH bool operator op(__half a, __half b) { return a.value op b.value; }
KT_COMPARE(==)
KT_COMPARE(!=)
KT_COMPARE(<)
KT_COMPARE(<=)
KT_COMPARE(>)
KT_COMPARE(>=)
#undef KT_COMPARE
KT_BOTH __half operator-(__half a) { return __half(-(float)a.value); }
KT_BOTH __half operator+(__half a) { return a; }
KT_BOTH __half2 operator-(__half2 a) { return __half2(-a.x, -a.y); }

// Conversions
KT_BOTH float __half2float(__half a) { return (float)a.value; }
KT_BOTH __half __float2half(float a) { return __half(a); }
KT_BOTH __half __float2half_rn(float a) { return __half(a); }
KT_BOTH __half __double2half(double a) { return __half(a); }
KT_BOTH __half2 __float2half2_rn(float a) { return __half2(__half(a), __half(a)); }
KT_BOTH __half2 __floats2half2_rn(float a, float b) { return __half2(__half(a), __half(b)); }
KT_BOTH float2 __half22float2(__half2 a) { return float2{(float)a.x, (float)a.y}; }
KT_BOTH __half2 __float22half2_rn(float2 a) { return __half2(__half(a.x), __half(a.y)); }
KT_BOTH __half __int2half_rn(int a) { return __half(a); }
KT_BOTH __half __uint2half_rn(unsigned a) { return __half(a); }
KT_BOTH __half __short2half_rn(short a) { return __half(a); }
KT_BOTH __half __ushort2half_rn(unsigned short a) { return __half(a); }
KT_BOTH __half __ll2half_rn(long long a) { return __half(a); }
KT_BOTH int __half2int_rz(__half a) { return (int)a.value; }
KT_BOTH unsigned __half2uint_rz(__half a) { return (unsigned)a.value; }
KT_BOTH unsigned short __half_as_ushort(__half a) { return ((__half_raw)a).x; }
KT_BOTH short __half_as_short(__half a) { return (short)((__half_raw)a).x; }
KT_BOTH __half __ushort_as_half(unsigned short a) { return __half(__half_raw{a}); }
KT_BOTH __half __short_as_half(short a) { return __half(__half_raw{(unsigned short)a}); }

// Pairs
KT_BOTH __half2 make_half2(__half x, __half y) { return __half2(x, y); }
KT_BOTH __half2 __halves2half2(__half x, __half y) { return __half2(x, y); }
KT_BOTH __half2 __half2half2(__half a) { return __half2(a, a); }
KT_BOTH __half __low2half(__half2 a) { return a.x; }
KT_BOTH __half __high2half(__half2 a) { return a.y; }
KT_BOTH float __low2float(__half2 a) { return (float)a.x; }
KT_BOTH float __high2float(__half2 a) { return (float)a.y; }
KT_BOTH __half2 __low2half2(__half2 a) { return __half2(a.x, a.x); }
KT_BOTH __half2 __high2half2(__half2 a) { return __half2(a.y, a.y); }
KT_BOTH __half2 __lowhigh2highlow(__half2 a) { return __half2(a.y, a.x); }

// Arithmetic by name
#define KT_NAMED(name, op)                                              \
    KT_BOTH __half __h##name(__half a, __half b) { return a op b; }     \
    KT_BOTH __half2 __h##name##2(__half2 a, __half2 b) { return a op b; }
KT_NAMED(add, +)
KT_NAMED(sub, -)
KT_NAMED(mul, *)
KT_BOTH __half __hdiv(__half a, __half b) { return a / b; }
KT_BOTH __half2 __h2div(__half2 a, __half2 b) { return a / b; }
#undef KT_NAMED
#define KT_NAMED(name, op) \
    KT_BOTH bool __h##name(__half a, __half b) { return a op b; }
KT_NAMED(eq, ==)
KT_NAMED(ne, !=)
KT_NAMED(lt, <)
KT_NAMED(le, <=)
KT_NAMED(gt, >)
KT_NAMED(ge, >=)
#undef KT_NAMED
KT_BOTH __half __hneg(__half a) { return -a; }
KT_BOTH __half2 __hneg2(__half2 a) { return -a; }
KT_BOTH __half __habs(__half a) { return __ushort_as_half(__half_as_ushort(a) & 0x7fffu); }
KT_BOTH __half2 __habs2(__half2 a) { return __half2(__habs(a.x), __habs(a.y)); }
KT_BOTH bool __hisnan(__half a) { return a.value != a.value; }
KT_BOTH int __hisinf(__half a) { return (__half_as_ushort(a) & 0x7fffu) == 0x7c00u; }
__device__ __half __hfma(__half a, __half b, __half c);
__device__ __half2 __hfma2(__half2 a, __half2 b, __half2 c);
// The plain forms drop a NaN, the _nan forms keep it.
KT_BOTH __half __hmax(__half a, __half b) { return __hisnan(a) || a < b ? b : a; }
KT_BOTH __half __hmin(__half a, __half b) { return __hisnan(a) || b < a ? b : a; }
KT_BOTH __half __hmax_nan(__half a, __half b) { return __hisnan(a) ? a : __hisnan(b) ? b : __hmax(a, b); }
KT_BOTH __half __hmin_nan(__half a, __half b) { return __hisnan(a) ? a : __hisnan(b) ? b : __hmin(a, b); }
KT_BOTH __half2 __hmax2(__half2 a, __half2 b) { return __half2(__hmax(a.x, b.x), __hmax(a.y, b.y)); }
KT_BOTH __half2 __hmin2(__half2 a, __half2 b) { return __half2(__hmin(a.x, b.x), __hmin(a.y, b.y)); }

#define KT_THROUGH_FLOAT(name, function) \
    KT_DEVICE __half name(__half a) { return __half(function((float)a.value)); }
KT_THROUGH_FLOAT(hsqrt, sqrtf)
KT_THROUGH_FLOAT(hrsqrt, rsqrtf)
KT_THROUGH_FLOAT(hexp, expf)
KT_THROUGH_FLOAT(hexp2, exp2f)
KT_THROUGH_FLOAT(hlog, logf)
KT_THROUGH_FLOAT(hlog2, log2f)
KT_THROUGH_FLOAT(hsin, sinf)
KT_THROUGH_FLOAT(hcos, cosf)
KT_THROUGH_FLOAT(hceil, ceilf)
KT_THROUGH_FLOAT(hfloor, floorf)
KT_THROUGH_FLOAT(hrint, rintf)
KT_THROUGH_FLOAT(htrunc, truncf)
#undef KT_THROUGH_FLOAT
KT_DEVICE __half hrcp(__half a) { return __half(1.0f / (float)a.value); }
