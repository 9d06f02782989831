#pragma once

#include <cstdint>

namespace vitgen {

/// Pixels of an image's edge: what the runtime's resampling takes, and far beyond any model's.
inline constexpr std::int64_t kMaxImageEdge = 65535;

}  // namespace vitgen
