// Pixels and floats against Pillow, torchvision, timm and transformers, bit for bit
// (tools/make_image_fixtures.py writes the hashes).

#include "runtime/preprocess.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <span>
#include <sstream>

#include "tests/runtime/preprocess_support.h"

namespace vitgen::testing {
namespace {

struct Norm {
  std::array<float, 3> mean;
  std::array<float, 3> std;
};

const std::map<std::string, Norm>& norms() {
  static const std::map<std::string, Norm> table = {
      {"imagenet", {{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}}},
      {"half", {{0.5f, 0.5f, 0.5f}, {0.5f, 0.5f, 0.5f}}},
      {"clip", {{0.48145466f, 0.4578275f, 0.40821073f}, {0.26862954f, 0.26130258f, 0.27577711f}}},
  };
  return table;
}

struct Golden {
  std::string name;
  std::string kind;
  std::uint32_t seed = 0;
  int height = 0, width = 0, channels = 0;
  vitgen_preprocess_recipe recipe{};
  std::string hash_u8, hash_f32;
  std::vector<int> middle;
};

Golden parse_golden(const std::string& line) {
  Golden golden;
  vitgen_preprocess_recipe& recipe = golden.recipe;
  int fill = 0;
  std::string norm;
  std::istringstream in(line);
  in >> golden.name >> golden.kind >> golden.seed >> golden.height >> golden.width >>
      golden.channels >> recipe.resize >> recipe.filter >> recipe.pass_order >> recipe.resize_h >>
      recipe.resize_w >> recipe.crop >> recipe.crop_h >> recipe.crop_w >> recipe.channels >> fill >>
      norm >> golden.hash_u8 >> golden.hash_f32;
  for (int value = 0; in >> value;) golden.middle.push_back(value);
  for (std::size_t c = 0; c < 3; ++c) {
    recipe.fill[c] = static_cast<std::uint8_t>(fill);
    recipe.mean[c] = norms().at(norm).mean[c];
    recipe.std[c] = norms().at(norm).std[c];
  }
  recipe.rescale = 1.0 / 255;
  return golden;
}

std::vector<Golden> goldens() {
  std::ifstream file(VITGEN_SOURCE_DIR "/tests/fixtures/images/preprocess.golden");
  std::vector<Golden> all;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) all.push_back(parse_golden(line));
  }
  return all;
}

/// FNV-1a, 64 bits.
std::string hash(std::span<const std::byte> bytes) {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const std::byte b : bytes) h = (h ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3u;
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(h));
  return text.data();
}

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }

class PreprocessGolden : public ::testing::TestWithParam<Golden> {};

TEST_P(PreprocessGolden, pixels_and_floats_equal_bit_for_bit) {
  const Golden& golden = GetParam();
  const Picture picture =
      draw(golden.kind, golden.seed, golden.height, golden.width, golden.channels);
  const std::vector<std::uint8_t> pixels = run_u8(golden.recipe, picture);
  const auto crop_h = static_cast<std::size_t>(golden.recipe.crop_h);
  const auto crop_w = static_cast<std::size_t>(golden.recipe.crop_w);
  for (std::size_t c = 0; c < golden.middle.size(); ++c) {
    EXPECT_EQ(pixels[(c * crop_h + crop_h / 2) * crop_w + crop_w / 2], golden.middle[c]);
  }
  EXPECT_EQ(hash(std::as_bytes(std::span(pixels))), golden.hash_u8);
  const std::vector<float> floats = run_f32(golden.recipe, picture);
  EXPECT_EQ(hash(std::as_bytes(std::span(floats))), golden.hash_f32);
}

INSTANTIATE_TEST_SUITE_P(Cases, PreprocessGolden, ::testing::ValuesIn(goldens()),
                         [](const auto& golden) { return golden.param.name; });

TEST(Preprocess, golden_file_is_there) { EXPECT_GE(goldens().size(), 50u); }

TEST(Preprocess, floats_are_the_formula_in_float_for_each_of_256_levels) {
  Picture picture{16, 16, 1, {}};
  for (int u = 0; u < 256; ++u) picture.pixels.push_back(static_cast<std::uint8_t>(u));
  vitgen_preprocess_recipe recipe = make_recipe(VITGEN_RESIZE_NONE, 0, 0, 16, 16);
  recipe.channels = 1;
  recipe.mean[0] = 0.485f;
  recipe.std[0] = 0.229f;
  const std::vector<float> out = run_f32(recipe, picture);
  for (std::size_t u = 0; u < 256; ++u) {
    const float divided = static_cast<float>(u) / 255.0f;
    EXPECT_EQ(out[u], (divided - 0.485f) / 0.229f) << "level " << u;
  }
}

TEST(Preprocess, rescale_of_one_leaves_the_levels) {
  const Picture picture = draw("photo", 3, 5, 7, 3);
  vitgen_preprocess_recipe recipe = make_recipe(VITGEN_RESIZE_NONE, 0, 0, 5, 7);
  recipe.rescale = 1;
  for (int c = 0; c < 3; ++c) {
    recipe.mean[c] = 0;
    recipe.std[c] = 1;
  }
  const std::vector<std::uint8_t> pixels = run_u8(recipe, picture);
  const std::vector<float> floats = run_f32(recipe, picture);
  EXPECT_TRUE(std::equal(pixels.begin(), pixels.end(), floats.begin(), floats.end()));
}

TEST(Preprocess, scaled_size_is_floor_of_size_over_crop_pct) {
  EXPECT_EQ(vitgen_preprocess_scaled_size(224, 0.9), 248);
  EXPECT_EQ(vitgen_preprocess_scaled_size(224, 0.875), 256);
  EXPECT_EQ(vitgen_preprocess_scaled_size(384, 1.0), 384);
  EXPECT_EQ(vitgen_preprocess_scaled_size(518, 0.95), 545);
  EXPECT_EQ(vitgen_preprocess_scaled_size(224, 0), 0);
  EXPECT_EQ(vitgen_preprocess_scaled_size(224, 1.5), 0);
  EXPECT_EQ(vitgen_preprocess_scaled_size(224, 1e-300), 0);
  EXPECT_EQ(vitgen_preprocess_scaled_size(224, std::nan("")), 0);
  EXPECT_EQ(vitgen_preprocess_scaled_size(0, 0.9), 0);
}

}  // namespace
}  // namespace vitgen::testing
