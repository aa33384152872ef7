// __nv_bfloat16 (HIP: __hip_bfloat16): the upper half of a float, rounded to nearest even.
#pragma once
#include "kerntrack/integer.h"
#include "kerntrack/math.h"

struct __nv_bfloat16_raw {
    unsigned short x;
};

struct __align__(2) __nv_bfloat16 {
    unsigned short bits;

    __nv_bfloat16() = default;
    KT_MEMBER __nv_bfloat16(const __nv_bfloat16_raw& raw) : bits(raw.x) {}
    KT_MEMBER __nv_bfloat16(float v) : bits(round_bits(v)) {}
#define KT_FROM(type) \
    KT_MEMBER __nv_bfloat16(type v) : bits(round_bits((float)v)) {}
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
    KT_MEMBER operator float() const {
        unsigned wide = (unsigned)bits << 16;
        float v;
        __builtin_memcpy(&v, &wide, sizeof(v));
        return v;
    }
    KT_MEMBER operator __nv_bfloat16_raw() const { return __nv_bfloat16_raw{bits}; }
#define KT_TO(type) \
    KT_MEMBER explicit operator type() const { return (type)(float)*this; }
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

    // Adding 0x7fff and the lowest kept bit carries exactly when nearest-even rounds up; NaN stays a quiet NaN.
    static KT_MEMBER unsigned short round_bits(float v) {
        unsigned wide;
        __builtin_memcpy(&wide, &v, sizeof(wide));
        if (v != v) return (unsigned short)((wide >> 16) | 0x40u);
        return (unsigned short)((wide + 0x7fffu + ((wide >> 16) & 1u)) >> 16);
    }
};
typedef __nv_bfloat16 nv_bfloat16;
typedef __nv_bfloat16 __hip_bfloat16;

struct __align__(4) __nv_bfloat162 {
    __nv_bfloat16 x, y;
    __nv_bfloat162() = default;
    KT_MEMBER __nv_bfloat162(__nv_bfloat16 x_, __nv_bfloat16 y_) : x(x_), y(y_) {}
};
typedef __nv_bfloat162 nv_bfloat162;
typedef __nv_bfloat162 __hip_bfloat162;

#define KT_OPERATOR(op)                                                                                             \
    KT_BOTH __nv_bfloat16 operator op(__nv_bfloat16 a, __nv_bfloat16 b) { return (float)a op(float) b; }            \
    KT_BOTH __nv_bfloat16& operator op##=(__nv_bfloat16& a, __nv_bfloat16 b) { return a = a op b; }                 \
    KT_BOTH __nv_bfloat162 operator op(__nv_bfloat162 a, __nv_bfloat162 b) { return {a.x op b.x, a.y op b.y}; }
KT_OPERATOR(+)
KT_OPERATOR(-)
KT_OPERATOR(*)
KT_OPERATOR(/)
#undef KT_OPERATOR
#define KT_COMPARE(op) \
    KT_BOTH bool operator op(__nv_bfloat16 a, __nv_bfloat16 b) { return (float)a op(float) b; }
KT_COMPARE(==)
KT_COMPARE(!=)
KT_COMPARE(<)
KT_COMPARE(<=)
KT_COMPARE(>)
KT_COMPARE(>=)
#undef KT_COMPARE
KT_BOTH __nv_bfloat16 operator-(__nv_bfloat16 a) { return -(float)a; }

KT_BOTH float __bfloat162float(__nv_bfloat16 a) { return (float)a; }
KT_BOTH __nv_bfloat16 __float2bfloat16(float a) { return __nv_bfloat16(a); }
KT_BOTH __nv_bfloat16 __float2bfloat16_rn(float a) { return __nv_bfloat16(a); }
KT_BOTH __nv_bfloat16 __double2bfloat16(double a) { return __nv_bfloat16(a); }
KT_BOTH __nv_bfloat162 __float2bfloat162_rn(float a) { return {__nv_bfloat16(a), __nv_bfloat16(a)}; }
KT_BOTH __nv_bfloat162 __floats2bfloat162_rn(float a, float b) { return {__nv_bfloat16(a), __nv_bfloat16(b)}; }
KT_BOTH float2 __bfloat1622float2(__nv_bfloat162 a) { return float2{(float)a.x, (float)a.y}; }
KT_BOTH unsigned short __bfloat16_as_ushort(__nv_bfloat16 a) { return a.bits; }
KT_BOTH __nv_bfloat16 __ushort_as_bfloat16(unsigned short a) { return __nv_bfloat16(__nv_bfloat16_raw{a}); }
KT_BOTH __nv_bfloat162 __halves2bfloat162(__nv_bfloat16 x, __nv_bfloat16 y) { return {x, y}; }

KT_BOTH __nv_bfloat16 __hadd(__nv_bfloat16 a, __nv_bfloat16 b) { return a + b; }
KT_BOTH __nv_bfloat16 __hsub(__nv_bfloat16 a, __nv_bfloat16 b) { return a - b; }
KT_BOTH __nv_bfloat16 __hmul(__nv_bfloat16 a, __nv_bfloat16 b) { return a * b; }
KT_BOTH __nv_bfloat16 __hdiv(__nv_bfloat16 a, __nv_bfloat16 b) { return a / b; }
KT_BOTH bool __hgt(__nv_bfloat16 a, __nv_bfloat16 b) { return a > b; }
KT_BOTH bool __hlt(__nv_bfloat16 a, __nv_bfloat16 b) { return a < b; }
KT_BOTH __nv_bfloat16 __habs(__nv_bfloat16 a) { return __ushort_as_bfloat16(a.bits & 0x7fffu); }
KT_BOTH bool __hisnan(__nv_bfloat16 a) { return (a.bits & 0x7fffu) > 0x7f80u; }
KT_BOTH __nv_bfloat16 __hmax(__nv_bfloat16 a, __nv_bfloat16 b) { return __hisnan(a) || a < b ? b : a; }
KT_BOTH __nv_bfloat16 __hmin(__nv_bfloat16 a, __nv_bfloat16 b) { return __hisnan(a) || b < a ? b : a; }
KT_BOTH __nv_bfloat16 __hmax_nan(__nv_bfloat16 a, __nv_bfloat16 b) {
    return __hisnan(a) ? a : __hisnan(b) ? b : __hmax(a, b);
}
KT_BOTH __nv_bfloat16 __hmin_nan(__nv_bfloat16 a, __nv_bfloat16 b) {
    return __hisnan(a) ? a : __hisnan(b) ? b : __hmin(a, b);
}
KT_DEVICE __nv_bfloat16 __hfma(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c) {
    return fmaf((float)a, (float)b, (float)c);
}

#define KT_THROUGH_FLOAT(name, function) \
    KT_DEVICE __nv_bfloat16 name(__nv_bfloat16 a) { return __nv_bfloat16(function((float)a)); }
KT_THROUGH_FLOAT(hsqrt, sqrtf)
KT_THROUGH_FLOAT(hrsqrt, rsqrtf)
KT_THROUGH_FLOAT(hexp, expf)
KT_THROUGH_FLOAT(hlog, logf)
KT_THROUGH_FLOAT(hsin, sinf)
KT_THROUGH_FLOAT(hcos, cosf)
KT_THROUGH_FLOAT(hceil, ceilf)
KT_THROUGH_FLOAT(hfloor, floorf)
#undef KT_THROUGH_FLOAT
