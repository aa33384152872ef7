// Loads of whole words from addresses known to be aligned to `alignment` bytes only.
#pragma once
#include "target.h"
#include <stddef.h>

// Whether a load of several words may start at any address.
constexpr bool load_takes_any_address = TARGET_AMD;

// Four codes, one a byte, in element order.
typedef int32_t Codes;

template <int bytes>
struct alignas(bytes) Chunk {
    Codes word[bytes / 4];
};

// The widest access that the alignment and the count of words allow.
CONSTANT int access_bytes(int alignment, int words) {
    return alignment >= 16 && words % 4 == 0 ? 16 : alignment >= 8 && words % 2 == 0 ? 8 : 4;
}

template <int bytes, int words>
DEVICE void load_chunks(const void* from, Codes (&to)[words]) {
    auto* chunk = static_cast<const Chunk<bytes>*>(from);
#pragma unroll
    for (int i = 0; i < words * 4 / bytes; ++i) {
        Chunk<bytes> loaded = chunk[i];
#pragma unroll
        for (int k = 0; k < bytes / 4; ++k) to[i * bytes / 4 + k] = loaded.word[k];
    }
}

// Words `offset` (a multiple of four) bytes into the field that starts `field` bytes into a block at an even address. An
// AMD global load takes any address; elsewhere aligned words are read from at or before the wanted ones, plus the last
// half word, and shifted into place: fewer accesses than by half words, none outside the words' own block and the one
// before it. What depends on the block's address alone is worked out once for all fields.
template <int field, int words>
DEVICE void load_from_even(const void* block, int offset, Codes (&to)[words]) {
    auto* from = static_cast<const char*>(block) + field % 4;
    int distance = field / 4 * 4 + offset;
#if TARGET_AMD
    __builtin_memcpy(to, __builtin_assume_aligned(from + distance, 2), sizeof(to));
#else
    uint32_t behind = reinterpret_cast<uintptr_t>(from) & 2;
    auto* aligned = reinterpret_cast<const uint32_t*>(from - behind + distance);
    uint32_t shift = behind * 8, word = aligned[0];
#pragma unroll
    for (int i = 0; i < words; ++i) {
        uint32_t next = i + 1 < words ? aligned[i + 1]
                                      : reinterpret_cast<const uint16_t*>(from + distance)[2 * words - 1];
        to[i] = static_cast<Codes>(__funnelshift_r(word, next, shift));
        word = next;
    }
#endif
}

// Words at an address aligned to `alignment`, 4 or more.
template <int alignment, int words>
DEVICE void load_words(const void* from, Codes (&to)[words]) {
    static_assert(alignment >= 4, "load_field reads from blocks with less");
    load_chunks<access_bytes(alignment, words)>(from, to);
}

// Words of a field of a block that is aligned to `alignment`.
template <int alignment, int field, int words>
DEVICE void load_field(const void* block, int offset, Codes (&to)[words]) {
    if constexpr (alignment >= 4) {
        load_words<alignment>(static_cast<const char*>(block) + field + offset, to);
    } else {
        load_from_even<field>(block, offset, to);
    }
}

template <int alignment, int field>
DEVICE uint32_t load_field_word(const void* block, int offset) {
    Codes word[1];
    load_field<alignment, field>(block, offset, word);
    return static_cast<uint32_t>(word[0]);
}

// Four floats at an address with the given alignment.
template <int alignment>
DEVICE float4 load_float4(const float* from) {
    if constexpr (load_takes_any_address) {
        float4 value;
        __builtin_memcpy(&value, from, sizeof(value));
        return value;
    } else if constexpr (alignment == 16) {
        return *reinterpret_cast<const float4*>(from);
    } else {
        return make_float4(from[0], from[1], from[2], from[3]);
    }
}
