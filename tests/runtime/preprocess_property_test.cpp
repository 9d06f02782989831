// What holds for every image, on random sizes, and a resampler in double precision.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "runtime/preprocess.h"
#include "tests/runtime/preprocess_support.h"

namespace vitgen::testing {
namespace {

constexpr int kFilters[] = {VITGEN_FILTER_NEAREST, VITGEN_FILTER_BILINEAR, VITGEN_FILTER_BICUBIC,
                            VITGEN_FILTER_LANCZOS};

class Sizes {
 public:
  explicit Sizes(unsigned seed) : random_(seed) {}
  /// 1 to 100, small ones more often.
  int next() {
    const int limit = random_() % 3 == 0 ? 4 : 100;
    return 1 + static_cast<int>(random_() % static_cast<unsigned>(limit));
  }

 private:
  std::mt19937 random_;
};

Picture gray_of(const Picture& picture, int channel) {
  Picture gray{picture.height, picture.width, 1, {}};
  for (std::size_t i = static_cast<std::size_t>(channel); i < picture.pixels.size(); i += 3) {
    gray.pixels.push_back(picture.pixels[i]);
  }
  return gray;
}

TEST(PreprocessProperty, constant_images_stay_constant) {
  Sizes sizes(1);
  for (int round = 0; round < 200; ++round) {
    Picture picture{sizes.next(), sizes.next(), 3, {}};
    const auto value = static_cast<std::uint8_t>(round * 7);
    picture.pixels.assign(
        static_cast<std::size_t>(picture.height) * static_cast<std::size_t>(picture.width) * 3,
        value);
    const int height = sizes.next(), width = sizes.next();
    auto recipe = make_recipe(VITGEN_RESIZE_EXACT, height, width, height, width);
    recipe.filter = kFilters[round % 4];
    const std::vector<std::uint8_t> out = run_u8(recipe, picture);
    ASSERT_EQ(std::count(out.begin(), out.end(), value), std::ssize(out));
  }
}

TEST(PreprocessProperty, a_crop_is_the_middle_of_the_whole) {
  Sizes sizes(2);
  for (int round = 0; round < 200; ++round) {
    const Picture picture =
        draw("edges", static_cast<std::uint32_t>(round), sizes.next(), sizes.next(), 3);
    const int height = sizes.next(), width = sizes.next();
    // An even excess, so that both rules agree on where the middle is.
    const int crop_h = height > 4 ? height - 4 : height, crop_w = width > 2 ? width - 2 : width;
    auto recipe = make_recipe(VITGEN_RESIZE_EXACT, height, width, height, width);
    recipe.filter = kFilters[round % 4];
    const std::vector<std::uint8_t> whole = run_u8(recipe, picture);
    recipe.crop_h = crop_h;
    recipe.crop_w = crop_w;
    recipe.crop = round % 2;
    const std::vector<std::uint8_t> part = run_u8(recipe, picture);
    std::size_t at = 0;
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < crop_h; ++y) {
        const int row = c * height + y + (height - crop_h) / 2;
        const auto begin = whole.begin() + row * width + (width - crop_w) / 2;
        ASSERT_TRUE(std::equal(begin, begin + crop_w, part.begin() + static_cast<int>(at)));
        at += static_cast<std::size_t>(crop_w);
      }
    }
  }
}

TEST(PreprocessProperty, channels_do_not_touch_each_other) {
  Sizes sizes(3);
  for (int round = 0; round < 100; ++round) {
    const Picture picture =
        draw("photo", static_cast<std::uint32_t>(round), sizes.next(), sizes.next(), 3);
    const int height = sizes.next(), width = sizes.next();
    auto recipe = make_recipe(VITGEN_RESIZE_EXACT, height, width, height, width);
    recipe.filter = kFilters[round % 4];
    const std::vector<std::uint8_t> all = run_u8(recipe, picture);
    recipe.channels = 1;
    for (int c = 0; c < 3; ++c) {
      const std::vector<std::uint8_t> plane = run_u8(recipe, gray_of(picture, c));
      ASSERT_TRUE(std::equal(plane.begin(), plane.end(), all.begin() + c * height * width));
    }
  }
}

TEST(PreprocessProperty, interleaved_pixels_are_the_planes_transposed) {
  const Picture picture = draw("photo", 5, 41, 29, 3);
  auto recipe = make_recipe(VITGEN_RESIZE_SHORTEST_EDGE, 20, 0, 24, 22);
  const std::vector<std::uint8_t> planes = run_u8(recipe, picture);
  recipe.pixel_type = VITGEN_PIXEL_U8_INTERLEAVED;
  const std::vector<std::uint8_t> pixels = run_u8(recipe, picture);
  ASSERT_EQ(planes.size(), pixels.size());
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    ASSERT_EQ(pixels[i], planes[i % 3 * (24 * 22) + i / 3]);
  }
}

TEST(PreprocessProperty, gray_for_a_colour_model_is_three_equal_planes) {
  const Picture picture = draw("photo", 4, 31, 17, 1);
  const auto recipe = make_recipe(VITGEN_RESIZE_SHORTEST_EDGE, 20, 0, 24, 24);
  const std::vector<std::uint8_t> out = run_u8(recipe, picture);
  const auto plane = std::ssize(out) / 3;
  EXPECT_TRUE(std::equal(out.begin(), out.begin() + plane, out.begin() + plane));
  EXPECT_TRUE(std::equal(out.begin(), out.begin() + plane, out.begin() + 2 * plane));
}

double filter_value(int filter, double x) {
  x = std::abs(x);
  if (filter == VITGEN_FILTER_BILINEAR) return std::max(0.0, 1 - x);
  if (filter == VITGEN_FILTER_BICUBIC) {
    if (x < 1) return 1.5 * x * x * x - 2.5 * x * x + 1;
    return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
  }
  if (x == 0) return 1;
  const double angle = std::numbers::pi * x;
  return x < 3 ? 3 * std::sin(angle) * std::sin(angle / 3) / (angle * angle) : 0;
}

using Row = std::vector<double>;

struct Resized {
  Row values;
  double weight_sum = 0;  ///< the largest sum of |weight| of an output pixel
};

/// The continuous formula: a stretched filter around the centre of each output pixel, weights
/// normalised inside the image. No limited support, fixed point or rounding; clamped to 0..255.
Resized resize_row(int filter, const Row& in, int size) {
  Resized out;
  const double scale = static_cast<double>(in.size()) / size;
  const double stretch = std::max(scale, 1.0);
  for (int i = 0; i < size; ++i) {
    double sum = 0, weights = 0, magnitudes = 0;
    for (std::size_t k = 0; k < in.size(); ++k) {
      const double center = static_cast<double>(k) + 0.5;
      const double weight = filter_value(filter, (center - (i + 0.5) * scale) / stretch);
      sum += weight * in[k];
      weights += weight;
      magnitudes += std::abs(weight);
    }
    out.values.push_back(std::clamp(sum / weights, 0.0, 255.0));
    out.weight_sum = std::max(out.weight_sum, magnitudes / weights);
  }
  return out;
}

/// Error of one pass: half a level of rounding, and 2^-23 of a level per weight and unit of pixel.
double pass_error(std::size_t taps) { return 0.5 + 255.0 * static_cast<double>(taps) / (1 << 23); }

TEST(PreprocessProperty, resize_is_within_its_roundings_of_a_double_precision_resampler) {
  Sizes sizes(5);
  for (int round = 0; round < 60; ++round) {
    const Picture picture =
        draw("edges", static_cast<std::uint32_t>(round), sizes.next(), sizes.next(), 1);
    const int height = sizes.next(), width = sizes.next();
    auto recipe = make_recipe(VITGEN_RESIZE_EXACT, height, width, height, width);
    recipe.pass_order = VITGEN_PASSES_HORIZONTAL_FIRST;
    recipe.channels = 1;
    recipe.filter = kFilters[1 + round % 3];
    const std::vector<std::uint8_t> out = run_u8(recipe, picture);

    std::vector<Row> columns(static_cast<std::size_t>(width));
    for (int y = 0; y < picture.height; ++y) {
      const auto begin = picture.pixels.begin() + y * picture.width;
      const Resized row = resize_row(recipe.filter, Row(begin, begin + picture.width), width);
      for (std::size_t x = 0; x < columns.size(); ++x) columns[x].push_back(row.values[x]);
    }
    for (std::size_t x = 0; x < columns.size(); ++x) {
      const Resized column = resize_row(recipe.filter, columns[x], height);
      // The first pass's error comes through the second one's weights.
      const double bound = pass_error(static_cast<std::size_t>(picture.width)) * column.weight_sum +
                           pass_error(columns[x].size());
      for (std::size_t y = 0; y < column.values.size(); ++y) {
        ASSERT_LE(std::abs(out[y * columns.size() + x] - column.values[y]), bound);
      }
    }
  }
}

}  // namespace
}  // namespace vitgen::testing
