#pragma once
// Weights without a file: reproducible from a seed, in C++ and in NumPy, with the same bits.
//
//   fnv(name)  = 64-bit FNV-1a of the bytes of the name
//   mix(z)     = splitmix64's finaliser: z ^= z>>30; z *= 0xBF58476D1CE4E5B9; z ^= z>>27;
//                z *= 0x94D049BB133111EB; z ^= z>>31
//   key        = mix(seed ^ fnv(name))
//   bits(i)    = mix(key + (i + 1) * 0x9E3779B97F4A7C15)              modulo 2^64, i = 0, 1, ...
//   sum(i)     = the four 16-bit parts of bits(i) added, minus 131070   an integer
//   value(i)   = f32(mean + f64(sum(i)) * f64(f32(spread / S)))
//
// S = sqrt((2^32 - 1) / 3) = 37837.22... is the standard deviation of sum(i), which is close to
// normal and at most 3.5 S. The product is exact in double (18 + 24 bits), so the result does not
// depend on fused multiply-add. It depends on no tensor but its own: order does not matter.

#include <cstdint>
#include <span>
#include <string_view>

#include "generators/weights/tensor_info.h"

namespace vitgen {

/// Mean and standard deviation of a tensor's values.
struct Spread {
  double mean = 0;
  double deviation = 0;
};

/// Chosen by name and shape so that activations keep a deviation near 1 through any depth:
///   name contains `pos_embed`, `position_embedding` or `token`: 0, 0.5 (comparable to the patches)
///   name ends in `bias` or `beta`:                              0, 0.1
///   rank 0 or 1 (gains of norms, LayerScale, running variance): 1, 0.1
///   else (weights):                              0, 1 / sqrt(product of all sizes but the first)
Spread random_spread(std::string_view name, const Shape& shape);

/// Values [first, first + out.size()) of the tensor `name` in row-major order.
void random_values(std::string_view name, const Shape& shape, std::uint64_t seed,
                   std::uint64_t first, std::span<float> out);

}  // namespace vitgen
