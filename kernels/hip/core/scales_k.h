// What q4_K and q5_K have in common: d, dmin and eight 6-bit scales and minimums in the first 16 bytes of a block.
#pragma once
#include "format.h"

struct HeaderK {
    __half d, dmin;
    uint8_t scales[12];  // low six bits: scale and minimum 0..3; their top bits and the last four bytes: 4..7
};
static_assert(sizeof(HeaderK) == 16, "one access reads all of it");

// Scale and minimum of the g-th 32 elements. Scales of four groups are taken apart at once, one a byte.
DEVICE Affine affine_k(const HeaderK& header, int g) {
    Codes word[4];
    load_words<16>(&header, word);
    auto halves = static_cast<uint32_t>(word[0]), first = static_cast<uint32_t>(word[1]);
    auto second = static_cast<uint32_t>(word[2]), third = static_cast<uint32_t>(word[3]);
    bool upper = g >= 4;
    uint32_t scales = upper ? (third & 0x0f0f0f0fu) | (first >> 2 & 0x30303030u) : first & 0x3f3f3f3fu;
    uint32_t minimums = upper ? (third >> 4 & 0x0f0f0f0fu) | (second >> 2 & 0x30303030u) : second & 0x3f3f3f3fu;
    int shift = g % 4 * 8;
    return {half_value(halves & 0xffffu) * static_cast<float>(scales >> shift & 0xffu),
            -half_value(halves >> 16) * static_cast<float>(minimums >> shift & 0xffu)};
}
