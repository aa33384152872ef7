// Arithmetic on four codes at once.
#pragma once
#include "memory.h"

// Code k as a number.
template <bool is_signed>
DEVICE float code_value(Codes codes, int k) {
    uint32_t byte = static_cast<uint32_t>(codes) >> (8 * k);
    if constexpr (is_signed) return static_cast<float>(static_cast<int8_t>(byte));
    return static_cast<float>(byte & 0xffu);
}

// Codes 0..127 less `bias` (at most 128), as signed bytes. Setting bit 7 first keeps every borrow inside its byte.
template <int bias>
DEVICE Codes remove_bias(Codes codes) {
    if constexpr (bias == 0) return codes;
    constexpr uint32_t every_byte = 0x01010101u;
    uint32_t lifted = static_cast<uint32_t>(codes) | (0x80u * every_byte);
    return static_cast<Codes>((lifted - bias * every_byte) ^ (0x80u * every_byte));
}

// The lowest four bits of `bits` become the lowest bits of the four bytes: bit k goes to byte k.
DEVICE Codes spread_bits(uint32_t bits) {
    // Multiplying by 1 + 2^7 + 2^14 + 2^21 puts bit k at position 8k, among others that the mask removes.
    return static_cast<Codes>(((bits & 0xfu) * 0x00204081u) & 0x01010101u);
}

DEVICE float half_value(uint32_t bits) {
    return __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
}
