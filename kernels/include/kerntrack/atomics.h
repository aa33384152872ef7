// Atomics on global and shared memory, relaxed as CUDA's are; each returns the old value.
#pragma once
#include "kerntrack/bfloat16.h"
#include "kerntrack/half.h"
#include "kerntrack/integer.h"

template <typename Word, typename T, typename Change>
KT_DEVICE T kt_atomic_update(T* address, Change change) {
    static_assert(sizeof(Word) == sizeof(T), "");
    Word* word = (Word*)address;
    Word old = __atomic_load_n(word, __ATOMIC_RELAXED), wanted;
    T value;
    do {
        __builtin_memcpy(&value, &old, sizeof(T));
        T changed = change(value);
        __builtin_memcpy(&wanted, &changed, sizeof(T));
    } while (!__atomic_compare_exchange_n(word, &old, wanted, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return value;
}

#define KT_ATOMIC(name, type, word, expression)                                         \
    KT_DEVICE type name(type* address, type operand) {                                  \
        return kt_atomic_update<word>(address, [=](type old) -> type { return expression; }); \
    }
#define KT_ATOMIC_INTEGER(type)                                                                                   \
    KT_DEVICE type atomicAdd(type* p, type v) { return __atomic_fetch_add(p, v, __ATOMIC_RELAXED); }              \
    KT_DEVICE type atomicSub(type* p, type v) { return __atomic_fetch_sub(p, v, __ATOMIC_RELAXED); }              \
    KT_DEVICE type atomicAnd(type* p, type v) { return __atomic_fetch_and(p, v, __ATOMIC_RELAXED); }              \
    KT_DEVICE type atomicOr(type* p, type v) { return __atomic_fetch_or(p, v, __ATOMIC_RELAXED); }                \
    KT_DEVICE type atomicXor(type* p, type v) { return __atomic_fetch_xor(p, v, __ATOMIC_RELAXED); }              \
    KT_DEVICE type atomicMax(type* p, type v) { return __atomic_fetch_max(p, v, __ATOMIC_RELAXED); }              \
    KT_DEVICE type atomicMin(type* p, type v) { return __atomic_fetch_min(p, v, __ATOMIC_RELAXED); }              \
    KT_DEVICE type atomicExch(type* p, type v) { return __atomic_exchange_n(p, v, __ATOMIC_RELAXED); }            \
    KT_DEVICE type atomicCAS(type* p, type expected, type v) {                                                    \
        __atomic_compare_exchange_n(p, &expected, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);                  \
        return expected;                                                                                          \
    }
KT_ATOMIC_INTEGER(int)
KT_ATOMIC_INTEGER(unsigned)
KT_ATOMIC_INTEGER(long long)
KT_ATOMIC_INTEGER(unsigned long long)

KT_ATOMIC(atomicAdd, float, unsigned, old + operand)
KT_ATOMIC(atomicAdd, double, unsigned long long, old + operand)
KT_ATOMIC(atomicAdd, __half, unsigned short, old + operand)
KT_ATOMIC(atomicAdd, __half2, unsigned, old + operand)
KT_ATOMIC(atomicAdd, __nv_bfloat16, unsigned short, old + operand)
KT_ATOMIC(atomicMax, float, unsigned, __builtin_fmaxf(old, operand))
KT_ATOMIC(atomicMin, float, unsigned, __builtin_fminf(old, operand))
KT_ATOMIC(atomicMax, double, unsigned long long, __builtin_fmax(old, operand))
KT_ATOMIC(atomicMin, double, unsigned long long, __builtin_fmin(old, operand))
KT_ATOMIC(atomicExch, float, unsigned, (void(old), operand))
KT_ATOMIC(atomicInc, unsigned, unsigned, old >= operand ? 0u : old + 1u)
KT_ATOMIC(atomicDec, unsigned, unsigned, old == 0u || old > operand ? operand : old - 1u)

KT_DEVICE unsigned short atomicCAS(unsigned short* address, unsigned short expected, unsigned short value) {
    __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return expected;
}
#undef KT_ATOMIC
#undef KT_ATOMIC_INTEGER
