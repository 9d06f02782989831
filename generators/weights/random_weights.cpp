#include "generators/weights/random_weights.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace vitgen {
namespace {

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::uint64_t fnv(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

std::int64_t centred_sum(std::uint64_t bits) {
  const std::uint64_t sum =
      (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48);
  return static_cast<std::int64_t>(sum) - 2 * 0xFFFF;
}

}  // namespace

Spread random_spread(std::string_view name, const Shape& shape) {
  constexpr std::array<std::string_view, 3> embeddings = {"pos_embed", "position_embedding",
                                                          "token"};
  const bool embedding = std::any_of(embeddings.begin(), embeddings.end(),
                                     [&](auto part) { return name.find(part) != name.npos; });
  if (embedding) return {0, 0.5};
  if (name.ends_with("bias") || name.ends_with("beta")) return {0, 0.1};
  if (shape.size() < 2) return {1, 0.1};
  double fan_in = 1;
  for (std::size_t axis = 1; axis < shape.size(); ++axis)
    fan_in *= static_cast<double>(shape[axis]);
  return {0, 1 / std::sqrt(std::max(fan_in, 1.0))};
}

void random_values(std::string_view name, const Shape& shape, std::uint64_t seed,
                   std::uint64_t first, std::span<float> out) {
  const Spread spread = random_spread(name, shape);
  const double sum_deviation = std::sqrt(4294967295.0 / 3.0);
  const double scale = static_cast<float>(spread.deviation / sum_deviation);
  const std::uint64_t key = mix(seed ^ fnv(name));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint64_t bits = mix(key + (first + i + 1) * 0x9E3779B97F4A7C15u);
    out[i] = static_cast<float>(spread.mean + static_cast<double>(centred_sum(bits)) * scale);
  }
}

}  // namespace vitgen
