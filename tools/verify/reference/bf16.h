#pragma once
// bfloat16 in double: the upper half of an f32.

#include <bit>
#include <cstdint>

namespace vitgen {

inline double bf16_value(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// The bfloat16 nearest to x, ties to even; x is an f32 and not NaN.
inline double rounded_to_bf16(double x) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(x));
  return bf16_value(static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16));
}

}  // namespace vitgen
