#include "generators/weights/random_weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <vector>

#include "generators/base/sha256.h"

namespace vitgen {
namespace {

std::vector<float> values_of(std::string_view name, const Shape& shape, std::uint64_t seed) {
  std::vector<float> values(element_count(shape));
  random_values(name, shape, seed, 0, values);
  return values;
}

struct Golden {
  std::string_view name;
  Shape shape;
  std::uint64_t seed;
  std::array<std::uint32_t, 3> first_bits;
  std::string_view digest;
};

// Computed with NumPy from the formula in the header: Python and C++ share these weights.
const Golden golden[] = {{"blocks.0.attn.qkv.weight",
                          {9, 3},
                          7,
                          {0xbf64e000, 0xbe0d8800, 0x3e8ef400},
                          "ce91f8232538a7e08140548d7f32fa6908127e08b6949d5c0ada7809a3f4ff4f"},
                         {"pos_embed",
                          {1, 5, 4},
                          7,
                          {0xbf0e4e39, 0x3e876944, 0x3ecfbe9e},
                          "d43a1174715fedcf782dd4387125251ddb3a2aae090dced3ea133d698a2d34a0"},
                         {"norm.weight",
                          {8},
                          1,
                          {0x3f71c021, 0x3f8333f4, 0x3f7c842b},
                          "5a78a75361adb7e10fb8552f56100e3c8a2a89d297a788238dd2bfdaa6d16acf"},
                         {"head.bias",
                          {6},
                          UINT64_MAX,
                          {0x3cdcaf57, 0xbd91abbf, 0x3d3e8c18},
                          "27133b0a107a1657e11bc7fe111bb4afd84d583a603ef96ba61d4b439751353c"},
                         {"patch_embed.proj.weight",
                          {192, 3, 16, 16},
                          42,
                          {0x3c029000, 0x3d5bdb00, 0xbd5c2700},
                          "8fb358428159b9df5f803f86eafaea9269c8e7245f2f4227bf01757c32da63f0"}};

TEST(RandomWeights, have_the_bits_that_numpy_computes) {
  for (const Golden& g : golden) {
    const std::vector<float> values = values_of(g.name, g.shape, g.seed);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(values[i]), g.first_bits[i]) << g.name;
    }
    Sha256 hash;
    hash.update(std::as_bytes(std::span(values)));
    EXPECT_EQ(to_hex(hash.finish()), g.digest) << g.name;
  }
}

TEST(RandomWeights, can_be_computed_from_any_position) {
  const Shape shape = {100, 7};
  const std::vector<float> whole = values_of("w.weight", shape, 3);
  for (std::size_t first = 0; first < whole.size(); first += 33) {
    std::vector<float> part(std::min<std::size_t>(33, whole.size() - first));
    random_values("w.weight", shape, 3, first, part);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<long>(first)));
  }
}

TEST(RandomWeights, differ_by_name_and_seed) {
  const Shape shape = {4, 4};
  EXPECT_NE(values_of("a.weight", shape, 1), values_of("b.weight", shape, 1));
  EXPECT_NE(values_of("a.weight", shape, 1), values_of("a.weight", shape, 2));
}

/// Mean and deviation lie within 5 standard errors of the promise; the fourth moment of the sum of
/// four uniforms is 2.7 sigma^4, so the error of the variance is sigma^2 sqrt(1.7 / n).
void expect_moments(std::string_view name, const Shape& shape, double mean, double deviation) {
  const std::vector<float> values = values_of(name, shape, 11);
  const double n = static_cast<double>(values.size());
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  double squares = 0;
  for (const float v : values) squares += (v - sum / n) * (v - sum / n);
  EXPECT_NEAR(sum / n, mean, 5 * deviation / std::sqrt(n)) << name;
  EXPECT_NEAR(squares / n, deviation * deviation, 5 * deviation * deviation * std::sqrt(1.7 / n))
      << name;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  EXPECT_LE(*high, mean + 3.4642 * deviation) << name;
  EXPECT_GE(*low, mean - 3.4642 * deviation) << name;
}

TEST(RandomWeights, keep_activations_near_one) {
  expect_moments("blocks.0.mlp.fc1.weight", {512, 128}, 0, 1 / std::sqrt(128.0));
  expect_moments("patch_embed.proj.weight", {64, 3, 16, 16}, 0, 1 / std::sqrt(768.0));
  expect_moments("blocks.0.norm1.weight", {4096}, 1, 0.1);
  expect_moments("blocks.0.ls1.gamma", {4096}, 1, 0.1);
  expect_moments("blocks.0.norm1.bias", {4096}, 0, 0.1);
  expect_moments("pos_embed", {1, 197, 64}, 0, 0.5);
  expect_moments("embeddings.position_embeddings", {1, 197, 64}, 0, 0.5);
  expect_moments("cls_token", {1, 1, 4096}, 0, 0.5);
}

}  // namespace
}  // namespace vitgen
