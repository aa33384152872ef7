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

// Words at an address aligned to `alignment`, 4 or more.
template <int alignment, int words>
DEVICE void load_words(const void* from, Codes (&to)[words]) {
    static_assert(alignment >= 4, "load_field reads from blocks with less");
    load_chunks<access_bytes(alignment, words)>(from, to);
}

// Words of a field of a block that is aligned to `alignment`: read now, put together when they are asked for, so that work
// in between need not wait for memory. An AMD global load takes any address; elsewhere, where a block lies at an even
// address, aligned words are read from at or before the wanted ones, plus the last half word, and shifted into place:
// fewer accesses than by half words, none outside the words' own block and the one before it.
template <int alignment, int words>
struct Field {
    static constexpr bool shifted = alignment < 4 && !load_takes_any_address;
    Codes read[words + shifted];
    uint32_t shift;  // bits, if shifted

    DEVICE_MEMBER Codes operator[](int i) const {
        if constexpr (shifted) return static_cast<Codes>(__funnelshift_r(read[i], read[i + 1], shift));
        return read[i];
    }
};

// From `offset` (a multiple of four) bytes into the field that starts `start` bytes into the block. What depends on the
// block's address alone is worked out once for all fields.
template <int start, int alignment, int words>
DEVICE void load_field(const void* block, int offset, Field<alignment, words>& to) {
    auto* from = static_cast<const char*>(block) + start % 4;
    int distance = start / 4 * 4 + offset;
    if constexpr (alignment >= 4) {
        load_words<alignment>(from + distance, to.read);
    } else if constexpr (load_takes_any_address) {
        __builtin_memcpy(to.read, __builtin_assume_aligned(from + distance, 2), sizeof(to.read));
    } else {
        uint32_t behind = reinterpret_cast<uintptr_t>(from) & 2;
        auto* aligned = reinterpret_cast<const Codes*>(from - behind + distance);
#pragma unroll
        for (int i = 0; i < words; ++i) to.read[i] = aligned[i];
        to.read[words] = reinterpret_cast<const uint16_t*>(from + distance)[2 * words - 1];
        to.shift = behind * 8;
    }
}

template <int alignment, int start>
DEVICE uint32_t load_field_word(const void* block, int offset) {
    Field<alignment, 1> word;
    load_field<start>(block, offset, word);
    return static_cast<uint32_t>(word[0]);
}

// Words from an address aligned to 4 bytes, read now and taken out when they are needed. Where a load of 16 bytes needs an
// aligned address, the aligned 16 bytes around them are read: a third of the accesses that single words take. Each holds
// one of the words at least, so none leaves the page that they are in.
template <int words>
struct Window {
    static constexpr int read = load_takes_any_address ? words : (words + 6) / 4 * 4;
    Codes word[read];
};

DEVICE int window_skips(const void* from) {
    return load_takes_any_address ? 0 : static_cast<int>(reinterpret_cast<uintptr_t>(from) / 4 % 4);
}

template <int words>
DEVICE void load_window(const void* from, Window<words>& window) {
    load_words<load_takes_any_address ? 4 : 16>(static_cast<const char*>(from) - 4 * window_skips(from), window.word);
}

// `from`: where the window was loaded from.
template <int words>
DEVICE void words_of(const Window<words>& window, const void* from, Codes (&to)[words]) {
    if constexpr (load_takes_any_address) {
#pragma unroll
        for (int i = 0; i < words; ++i) to[i] = window.word[i];
    } else {
        int skips = window_skips(from);
        Codes even[words + 1];
#pragma unroll
        for (int i = 0; i < words + 1; ++i) even[i] = skips & 2 ? window.word[i + 2] : window.word[i];
#pragma unroll
        for (int i = 0; i < words; ++i) to[i] = skips & 1 ? even[i + 1] : even[i];
    }
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
