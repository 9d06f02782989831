#pragma once
// Limits that networks of every kind have. Far above every published model, far below where an
// index or a size could overflow.

#include <cstdint>

namespace vitgen {

inline constexpr std::int64_t kMostWidth = 16384;  ///< channels of a token
inline constexpr std::int64_t kMostDepth = 256;    ///< blocks
/// Of one tensor or activation: Halide's indices are 32-bit. In double, since what is compared with
/// it must not overflow.
inline constexpr double kMostElements = 2147483648.0;

}  // namespace vitgen
