// __nv_fp8_e4m3 and __nv_fp8_e5m2: storage, conversion to and from float (OCP encodings; e4m3 has no infinity).
#pragma once
#include "kerntrack/half.h"

typedef unsigned char __nv_fp8_storage_t;
enum __nv_fp8_interpretation_t { __NV_E4M3, __NV_E5M2 };
enum __nv_saturation_t { __NV_NOSAT, __NV_SATFINITE };

// e5m2 is a half with the low byte gone; e4m3 has one exponent bit less, so its exponent is rebiased by a product.
KT_BOTH float kt_fp8_value(__nv_fp8_storage_t x, __nv_fp8_interpretation_t kind) {
    if (kind == __NV_E5M2) return __half2float(__ushort_as_half((unsigned short)(x << 8)));
    if ((x & 0x7f) == 0x7f) return __builtin_nanf("");
    unsigned short bits = (unsigned short)((x & 0x80) << 8 | (x & 0x7f) << 7);
    return __half2float(__ushort_as_half(bits)) * 256.0f;
}
KT_BOTH __half_raw __nv_cvt_fp8_to_halfraw(__nv_fp8_storage_t x, __nv_fp8_interpretation_t kind) {
    return (__half_raw)__half(kt_fp8_value(x, kind));
}
// Nearest even with saturation; a table-free search suffices, since no kernel of ours converts in a hot loop.
KT_BOTH __nv_fp8_storage_t __nv_cvt_float_to_fp8(float value, __nv_saturation_t, __nv_fp8_interpretation_t kind) {
    unsigned char sign = __builtin_signbitf(value) ? 0x80 : 0x00;
    if (value != value) return sign | 0x7f;
    float wanted = value < 0 ? -value : value;
    int low = 0, high = kind == __NV_E4M3 ? 0x7e : 0x7b;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (kt_fp8_value((unsigned char)middle, kind) <= wanted) low = middle;
        else high = middle - 1;
    }
    int last = kind == __NV_E4M3 ? 0x7e : 0x7b;
    if (low < last) {
        float below = wanted - kt_fp8_value((unsigned char)low, kind);
        float above = kt_fp8_value((unsigned char)(low + 1), kind) - wanted;
        if (above < below || (above == below && (low & 1))) ++low;
    }
    return (unsigned char)(sign | low);
}

#define KT_FP8(name, kind)                                                                                    \
    struct name {                                                                                             \
        __nv_fp8_storage_t __x;                                                                               \
        name() = default;                                                                                     \
        template <typename T>                                                                                 \
        KT_MEMBER explicit name(T v) : __x(__nv_cvt_float_to_fp8((float)v, __NV_SATFINITE, kind)) {}          \
        KT_MEMBER operator float() const { return kt_fp8_value(__x, kind); }                                  \
    };
KT_FP8(__nv_fp8_e4m3, __NV_E4M3)
KT_FP8(__nv_fp8_e5m2, __NV_E5M2)
#undef KT_FP8
