// Device functions shared by all generated kernels. Every one is defined for all inputs.
typedef unsigned char u8; typedef signed char i8; typedef unsigned short u16; typedef short i16;
typedef unsigned int u32; typedef int i32; typedef unsigned long u64; typedef long i64;
typedef _Float16 f16; typedef float f32; typedef double f64;
typedef u16 u16x2 __attribute__((ext_vector_type(2)));
typedef i16 i16x2 __attribute__((ext_vector_type(2)));
typedef f16 f16x2 __attribute__((ext_vector_type(2)));
typedef f32 f32x2 __attribute__((ext_vector_type(2)));
typedef u32 u32x2 __attribute__((ext_vector_type(2)));
typedef u32 u32x4 __attribute__((ext_vector_type(4)));
typedef u8 u8x4 __attribute__((ext_vector_type(4)));
typedef i8 i8x4 __attribute__((ext_vector_type(4)));

#define KERNEL extern "C" __attribute__((global)) void
#define DEVICE static __attribute__((device, always_inline)) inline
// gfx90a counts accumulation registers, to which it spills first, apart from these.
#ifdef __gfx90a__
#define REGISTERS(n) __attribute__((amdgpu_num_vgpr(n / 2)))
#else
#define REGISTERS(n) __attribute__((amdgpu_num_vgpr(n)))
#endif
#define SHARED __attribute__((shared))

// Integers.
DEVICE u32 leading_zeros(u32 x) { return x ? __builtin_clz(x) : 32u; }
DEVICE u32 trailing_zeros(u32 x) { return x ? __builtin_ctz(x) : 32u; }
DEVICE u32 leading_zeros64(u64 x) { return x ? __builtin_clzl(x) : 64u; }
DEVICE u32 trailing_zeros64(u64 x) { return x ? __builtin_ctzl(x) : 64u; }
DEVICE u32 difference(u32 a, u32 b) { return a > b ? a - b : b - a; }
DEVICE u32 carry_of_sum(u32 a, u32 b) { u32 sum; return __builtin_add_overflow(a, b, &sum); }
DEVICE u32 overflow_of_sum(i32 a, i32 b) { i32 sum; return __builtin_add_overflow(a, b, &sum); }
DEVICE u32 dot_signed(u32 a, u32 b, u32 c) {
#if defined(__GFX11__) || defined(__GFX12__)
  return __builtin_amdgcn_sudot4(true, a, true, b, c, false);
#else
  return __builtin_amdgcn_sdot4(a, b, c, false);
#endif
}
DEVICE u32 dot_unsigned(u32 a, u32 b, u32 c) { return __builtin_amdgcn_udot4(a, b, c, false); }
DEVICE u32 field(u32 x, u32 offset, u32 width) {
  // Up to LLVM 22 instruction selection takes a field of 31 bits for the whole word (llvm/llvm-project#216310) where it is
  // the first to know the width. Constants are dealt with before.
  if (!__builtin_constant_p(width)) asm("" : "+v"(width));
  return __builtin_amdgcn_ubfe(x, offset, width);
}

// The compiler must not see how the first operand was made: up to LLVM 22 a carry that says whether a 64-bit sum saturates
// also takes in what overflowed when the operand's upper word was added up.
template <class T> DEVICE T saturated_sum_of(T a, T b) {
  asm("" : "+v"(a));
  return __builtin_elementwise_add_sat(a, b);
}
DEVICE u64 saturated_sum(u64 a, u64 b) { return saturated_sum_of(a, b); }
DEVICE i64 saturated_sum(i64 a, i64 b) { return saturated_sum_of(a, b); }

// A function's own copy: clang takes the cast of an element of a vector for that of element 0 (llvm/llvm-project#95673).
template <class To, class From> DEVICE To recast(From x) { return __builtin_bit_cast(To, x); }

// Floats. A NaN never shows its payload or sign; signalling NaNs are never made.
DEVICE u16 bits_of(f16 x) { return x != x ? u16(0x7e00) : __builtin_bit_cast(u16, x); }
DEVICE u32 bits_of(f32 x) { return x != x ? 0x7fc00000u : __builtin_bit_cast(u32, x); }
DEVICE u64 bits_of(f64 x) { return x != x ? 0x7ff8000000000000ul : __builtin_bit_cast(u64, x); }
DEVICE f16 half_of_bits(u16 b) { return __builtin_bit_cast(f16, u16((b & 0x7c00) == 0x7c00 ? b & 0xfc00 : b)); }
// The compiler must not see it: up to LLVM 22 instruction selection takes -0.0 in the upper half of a word for 0.0.
DEVICE f16 negative_zero() {
  u32 bits = 0x8000u;
  asm("" : "+v"(bits));
  return __builtin_bit_cast(f16, u16(bits));
}
DEVICE f32 float_of_bits(u32 b) {
  return __builtin_bit_cast(f32, (b & 0x7f800000u) == 0x7f800000u ? b & 0xff800000u : b);
}
DEVICE f64 double_of_bits(u64 b) {
  const u64 e = 0x7ff0000000000000ul;
  return __builtin_bit_cast(f64, (b & e) == e ? b & 0xfff0000000000000ul : b);
}
template <class To, class From> DEVICE To truncated(From x, f64 low, f64 high) {
  return x > From(low) && x < From(high) ? To(x) : To(0);
}
DEVICE f16 square_root(f16 x) { return __builtin_sqrtf16(x); }
DEVICE f32 square_root(f32 x) { return __builtin_sqrtf(x); }
DEVICE f64 square_root(f64 x) { return __builtin_sqrt(x); }
template <class T> DEVICE T with_sign(T x, T sign) { return sign != sign ? x : __builtin_elementwise_copysign(x, sign); }
// The sign of a zero result is open in fmin and fmax; adding +0 settles it.
template <class T> DEVICE T lesser(T a, T b) { return __builtin_elementwise_min(a, b) + T(0); }
template <class T> DEVICE T greater(T a, T b) { return __builtin_elementwise_max(a, b) + T(0); }

// Memory.
template <class T> struct __attribute__((packed, may_alias)) Unaligned { T value; };
template <class T> DEVICE T load_unaligned(const u8 *p) { return reinterpret_cast<const Unaligned<T> *>(p)->value; }
template <class T> DEVICE void store_unaligned(u8 *p, T v) { reinterpret_cast<Unaligned<T> *>(p)->value = v; }
template <class T> DEVICE void store_aligned(u8 *p, T v) { *reinterpret_cast<T *>(p) = v; }
template <class T> DEVICE void store_result(u8 *p, T v) { store_aligned(p, v); }
DEVICE void store_result(u8 *p, f16 v) { store_aligned(p, bits_of(v)); }
DEVICE void store_result(u8 *p, f32 v) { store_aligned(p, bits_of(v)); }
DEVICE void store_result(u8 *p, f64 v) { store_aligned(p, bits_of(v)); }
DEVICE void store_result(u8 *p, f16x2 v) { store_aligned(p, u16x2{bits_of(v[0]), bits_of(v[1])}); }
DEVICE void store_result(u8 *p, f32x2 v) { store_aligned(p, u32x2{bits_of(v[0]), bits_of(v[1])}); }

// Across lanes.
DEVICE void barrier() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}
DEVICE u32 lane_number() {
  u32 low = __builtin_amdgcn_mbcnt_lo(~0u, 0u);
#if __AMDGCN_WAVEFRONT_SIZE__ == 64 || defined(__GFX9__)
  return __builtin_amdgcn_mbcnt_hi(~0u, low);
#else
  return low;
#endif
}
DEVICE u64 ballot(bool b) {
#if defined(__GFX9__)
  return __builtin_amdgcn_ballot_w64(b);
#else
  return __builtin_amdgcn_ballot_w32(b);
#endif
}
DEVICE u32 count_below(bool b) {
  u64 mask = ballot(b);
  u32 low = __builtin_amdgcn_mbcnt_lo(u32(mask), 0u);
#if defined(__GFX9__)
  return __builtin_amdgcn_mbcnt_hi(u32(mask >> 32), low);
#else
  return low;
#endif
}
DEVICE u32 from_lane(u32 x, u32 source, u32 width) {
  // The compiler takes a bpermute of a value that it knows to be uniform for that value, also from inactive lanes.
  asm("" : "+v"(x));
  u32 lane = (lane_number() & ~(width - 1)) | (source & (width - 1));
  return __builtin_amdgcn_ds_bpermute(lane << 2, x);
}
template <class T> DEVICE T shuffle(T x, u32 source, u32 width) {
  if constexpr (sizeof(T) == 2) return __builtin_bit_cast(T, u16(from_lane(__builtin_bit_cast(u16, x), source, width)));
  else if constexpr (sizeof(T) == 4) return __builtin_bit_cast(T, from_lane(__builtin_bit_cast(u32, x), source, width));
  else {
    u32x2 parts = __builtin_bit_cast(u32x2, x);
    return __builtin_bit_cast(T, u32x2{from_lane(parts[0], source, width), from_lane(parts[1], source, width)});
  }
}
#define ATOMIC(function, pointer, value, scope) \
  __hip_atomic_fetch_##function(pointer, value, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_##scope)
DEVICE u32 swap(u32 *p, u32 v) { return __hip_atomic_exchange(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT); }
DEVICE u32 swap_if(u32 *p, u32 v) {
  u32 expected = v & 1u ? *p : v;
  __hip_atomic_compare_exchange_strong(p, &expected, v, __ATOMIC_RELAXED, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
  return expected;
}
