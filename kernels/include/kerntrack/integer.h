// Integer intrinsics: bit counts, byte permutes, four-byte SIMD and dot products.
#pragma once
#include "kerntrack/vector_types.h"

KT_DEVICE int __popc(unsigned x) { return __builtin_popcount(x); }
KT_DEVICE int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
KT_DEVICE int __clz(int x) { return x == 0 ? 32 : __builtin_clz((unsigned)x); }
KT_DEVICE int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll((unsigned long long)x); }
KT_DEVICE int __ffs(int x) { return __builtin_ffs(x); }
KT_DEVICE int __ffsll(long long x) { return __builtin_ffsll(x); }
KT_DEVICE unsigned __brev(unsigned x) { return __builtin_bitreverse32(x); }
KT_DEVICE int __mul24(int a, int b) { return ((a << 8) >> 8) * ((b << 8) >> 8); }
KT_DEVICE unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)(((unsigned long long)a * b) >> 32); }
KT_DEVICE int __mulhi(int a, int b) { return (int)(((long long)a * b) >> 32); }

KT_DEVICE unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
    return (unsigned)((((unsigned long long)high << 32 | low) << (shift & 31)) >> 32);
}
KT_DEVICE unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return (unsigned)(((unsigned long long)high << 32 | low) >> (shift & 31));
}

// Each selector nibble: bits 2:0 pick one of the eight bytes of {b, a}, bit 3 replicates that byte's sign.
KT_DEVICE unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
    unsigned long long bytes = (unsigned long long)b << 32 | a;
    unsigned result = 0;
    for (int i = 0; i < 4; ++i) {
        unsigned pick = selector >> (4 * i) & 15u;
        unsigned byte = (unsigned)(bytes >> (8 * (pick & 7u))) & 0xffu;
        if (pick & 8u) byte = byte & 0x80u ? 0xffu : 0u;
        result |= byte << (8 * i);
    }
    return result;
}

// Four lanes of a byte each.
template <typename Element, typename Operation>
KT_DEVICE unsigned kt_bytewise(unsigned a, unsigned b, Operation operation) {
    unsigned result = 0;
    for (int i = 0; i < 4; ++i) {
        unsigned byte = (unsigned)operation((int)(Element)(a >> (8 * i)), (int)(Element)(b >> (8 * i)));
        result |= (byte & 0xffu) << (8 * i);
    }
    return result;
}
#define KT_BYTEWISE(name, element, expression)                                                          \
    KT_DEVICE unsigned name(unsigned a, unsigned b) {                                                   \
        return kt_bytewise<element>(a, b, [](int x, int y) { return expression; });                     \
    }
#define KT_CLAMP(value, low, high) ((value) < (low) ? (low) : (value) > (high) ? (high) : (value))
KT_BYTEWISE(__vaddss4, signed char, KT_CLAMP(x + y, -128, 127))
KT_BYTEWISE(__vsubss4, signed char, KT_CLAMP(x - y, -128, 127))
KT_BYTEWISE(__vaddus4, unsigned char, KT_CLAMP(x + y, 0, 255))
KT_BYTEWISE(__vsubus4, unsigned char, KT_CLAMP(x - y, 0, 255))
KT_BYTEWISE(__vadd4, unsigned char, x + y)
KT_BYTEWISE(__vsub4, unsigned char, x - y)
KT_BYTEWISE(__vabsdiffu4, unsigned char, x > y ? x - y : y - x)
KT_BYTEWISE(__vmaxs4, signed char, x > y ? x : y)
KT_BYTEWISE(__vmins4, signed char, x < y ? x : y)
KT_BYTEWISE(__vmaxu4, unsigned char, x > y ? x : y)
KT_BYTEWISE(__vminu4, unsigned char, x < y ? x : y)
KT_BYTEWISE(__vcmpeq4, unsigned char, x == y ? 0xff : 0)
KT_BYTEWISE(__vcmpne4, unsigned char, x != y ? 0xff : 0)
KT_BYTEWISE(__vcmpgts4, signed char, x > y ? 0xff : 0)
KT_BYTEWISE(__vcmpgtu4, unsigned char, x > y ? 0xff : 0)
#undef KT_BYTEWISE

// Which dot product an AMD target has follows LLVM's subtarget features (dot1-insts, dot8-insts).
#if defined(__AMDGCN__)
KT_DEVICE int __dp4a(int a, int b, int c) {
#if __has_builtin(__builtin_amdgcn_sdot4) &&                                                               \
    (defined(__gfx906__) || defined(__gfx908__) || defined(__gfx90a__) || defined(__gfx942__) ||           \
     defined(__gfx950__) || defined(__gfx1011__) || defined(__gfx1012__) || defined(__gfx1030__) ||        \
     defined(__gfx1031__) || defined(__gfx1032__) || defined(__gfx1033__) || defined(__gfx1034__) ||       \
     defined(__gfx1035__) || defined(__gfx1036__))
    return __builtin_amdgcn_sdot4(a, b, c, false);
#elif defined(__GFX11__) || defined(__GFX12__)
    return __builtin_amdgcn_sudot4(true, a, true, b, c, false);
#else
    for (int i = 0; i < 4; ++i) c += (int)(signed char)(a >> (8 * i)) * (int)(signed char)(b >> (8 * i));
    return c;
#endif
}
#elif defined(__NVPTX__)
KT_DEVICE int __dp4a(int a, int b, int c) {
    int sum;
    asm("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(sum) : "r"(a), "r"(b), "r"(c));
    return sum;
}
KT_DEVICE unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
    unsigned sum;
    asm("dp4a.u32.u32 %0, %1, %2, %3;" : "=r"(sum) : "r"(a), "r"(b), "r"(c));
    return sum;
}
#else
__device__ int __dp4a(int a, int b, int c);
__device__ unsigned __dp4a(unsigned a, unsigned b, unsigned c);
#endif

#define KT_BITS(name, from, to)                        \
    KT_DEVICE to name(from value) {                    \
        static_assert(sizeof(from) == sizeof(to), ""); \
        to bits;                                       \
        __builtin_memcpy(&bits, &value, sizeof(bits)); \
        return bits;                                   \
    }
KT_BITS(__float_as_int, float, int)
KT_BITS(__float_as_uint, float, unsigned)
KT_BITS(__int_as_float, int, float)
KT_BITS(__uint_as_float, unsigned, float)
KT_BITS(__double_as_longlong, double, long long)
KT_BITS(__longlong_as_double, long long, double)
#undef KT_BITS
