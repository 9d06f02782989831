// Arguments and sizes at and past their limits: a status, the output untouched, no access outside
// of the caller's buffers (which lie between guard pages).

#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <limits>

#include "runtime/preprocess.h"
#include "tests/runtime/preprocess_support.h"

namespace vitgen::testing {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// A valid call, whose arguments a test spoils one at a time.
struct Call {
  Picture picture = draw("photo", 1, 20, 30, 3);
  vitgen_preprocess_recipe recipe = make_recipe(VITGEN_RESIZE_SHORTEST_EDGE, 16, 0, 16, 16);
  const vitgen_preprocess_recipe* recipe_pointer = &recipe;
  std::vector<std::uint8_t> workspace = std::vector<std::uint8_t>(1 << 20, 0x5a);
  std::vector<float> out = std::vector<float>(3 * 16 * 16, -7);
  const std::uint8_t* pixels = picture.pixels.data();
  int height = picture.height;
  int width = picture.width;
  std::ptrdiff_t stride = picture.stride();
  int channels = picture.channels;
  void* workspace_pointer = workspace.data();
  std::size_t workspace_bytes = workspace.size();
  void* out_pointer = out.data();

  int run() const {
    return vitgen_preprocess_u8(recipe_pointer, pixels, height, width, stride, channels,
                                workspace_pointer, workspace_bytes, out_pointer);
  }
  bool is_untouched() const {
    return std::all_of(out.begin(), out.end(), [](float v) { return v == -7; });
  }
};

/// The status of the call after `spoil`, which must leave the output alone.
template <typename Spoil>
int status_after(Spoil spoil) {
  Call call;
  spoil(call);
  const int status = call.run();
  EXPECT_TRUE(call.is_untouched());
  return status;
}

TEST(PreprocessLimits, the_call_that_the_tests_spoil_is_valid) {
  const Call call;
  EXPECT_EQ(call.run(), VITGEN_PREPROCESS_OK);
  EXPECT_FALSE(call.is_untouched());
}

TEST(PreprocessLimits, null_arguments_are_refused) {
  EXPECT_EQ(status_after([](Call& c) { c.recipe_pointer = nullptr; }), VITGEN_PREPROCESS_E_NULL);
  EXPECT_EQ(status_after([](Call& c) { c.pixels = nullptr; }), VITGEN_PREPROCESS_E_NULL);
  EXPECT_EQ(status_after([](Call& c) { c.workspace_pointer = nullptr; }), VITGEN_PREPROCESS_E_NULL);
  EXPECT_EQ(status_after([](Call& c) { c.out_pointer = nullptr; }), VITGEN_PREPROCESS_E_NULL);
  EXPECT_EQ(vitgen_preprocess_workspace(nullptr, 1, 1, 3), 0u);
}

TEST(PreprocessLimits, sizes_outside_1_to_65535_and_over_2_28_pixels_are_refused) {
  for (const int edge : {0, -1, INT_MIN, 65536, INT_MAX}) {
    EXPECT_EQ(status_after([&](Call& c) { c.height = edge; }), VITGEN_PREPROCESS_E_SIZE);
    EXPECT_EQ(status_after([&](Call& c) { c.width = edge; }), VITGEN_PREPROCESS_E_SIZE);
  }
  EXPECT_EQ(status_after([](Call& c) { c.height = c.width = 65535; }), VITGEN_PREPROCESS_E_SIZE);
  EXPECT_EQ(status_after([](Call& c) { c.height = 16384, c.width = 16385; }),
            VITGEN_PREPROCESS_E_SIZE);
}

TEST(PreprocessLimits, channels_that_cannot_serve_the_model_are_refused) {
  for (const int channels : {0, -1, 2, 4, 5, INT_MAX}) {
    EXPECT_EQ(status_after([&](Call& c) { c.channels = channels; }), VITGEN_PREPROCESS_E_CHANNELS);
  }
}

TEST(PreprocessLimits, short_and_overflowing_strides_are_refused) {
  for (const std::ptrdiff_t stride : {std::ptrdiff_t{0}, std::ptrdiff_t{89}, std::ptrdiff_t{-90},
                                      PTRDIFF_MIN, PTRDIFF_MAX, PTRDIFF_MAX / 19 + 1}) {
    EXPECT_EQ(status_after([&](Call& c) { c.stride = stride; }), VITGEN_PREPROCESS_E_STRIDE)
        << stride;
  }
}

TEST(PreprocessLimits, workspace_one_byte_short_is_refused) {
  const Call valid;
  const std::size_t need = vitgen_preprocess_workspace(&valid.recipe, 20, 30, 3);
  EXPECT_EQ(status_after([&](Call& c) { c.workspace_bytes = need - 1; }),
            VITGEN_PREPROCESS_E_WORKSPACE);
}

TEST(PreprocessLimits, misaligned_float_output_is_refused_and_misaligned_u8_is_not) {
  Call call;
  call.out_pointer = reinterpret_cast<std::uint8_t*>(call.out.data()) + 1;
  EXPECT_EQ(call.run(), VITGEN_PREPROCESS_E_ALIGNMENT);
  EXPECT_TRUE(call.is_untouched());
  call.recipe.pixel_type = VITGEN_PIXEL_U8;
  EXPECT_EQ(call.run(), VITGEN_PREPROCESS_OK);
}

TEST(PreprocessLimits, workspace_at_any_alignment_gives_the_same_bits) {
  Call call;
  call.run();
  const std::vector<float> expected = call.out;
  for (std::size_t shift = 1; shift < 64; ++shift) {
    call.workspace_pointer = call.workspace.data() + shift;
    call.workspace_bytes = vitgen_preprocess_workspace(&call.recipe, 20, 30, 3);
    ASSERT_EQ(call.run(), VITGEN_PREPROCESS_OK);
    ASSERT_EQ(call.out, expected);
  }
}

TEST(PreprocessLimits, overlapping_buffers_are_refused) {
  std::vector<std::uint8_t> memory(1 << 20, 1);
  const std::vector<std::uint8_t> before = memory;
  const auto status = [&](std::size_t pixels, std::size_t workspace, std::size_t out) {
    Call call;
    call.pixels = memory.data() + pixels;
    call.workspace_pointer = memory.data() + workspace;
    call.out_pointer = memory.data() + out;
    return call.run();
  };
  EXPECT_EQ(status(0, 500000, 0), VITGEN_PREPROCESS_E_OVERLAP);
  EXPECT_EQ(status(0, 500000, 1796), VITGEN_PREPROCESS_E_OVERLAP);  // 20 * 30 * 3 bytes of pixels
  EXPECT_EQ(status(3068, 500000, 0), VITGEN_PREPROCESS_E_OVERLAP);  // 3 * 16 * 16 floats of output
  EXPECT_EQ(status(0, 100, 500000), VITGEN_PREPROCESS_E_OVERLAP);
  EXPECT_EQ(status(0, 500000, 500004), VITGEN_PREPROCESS_E_OVERLAP);
  EXPECT_EQ(memory, before);
  EXPECT_EQ(status(0, 500000, 1800), VITGEN_PREPROCESS_OK);
}

TEST(PreprocessLimits, invalid_recipes_are_refused) {
  using Recipe = vitgen_preprocess_recipe;
  const auto status = [](auto spoil) { return status_after([&](Call& c) { spoil(c.recipe); }); };
  for (const int value : {-1, 5, INT_MAX}) {
    EXPECT_EQ(status([&](Recipe& r) { r.resize = value; }), VITGEN_PREPROCESS_E_RECIPE);
    EXPECT_EQ(status([&](Recipe& r) { r.filter = value; }), VITGEN_PREPROCESS_E_RECIPE);
    EXPECT_EQ(status([&](Recipe& r) { r.pass_order = value; }), VITGEN_PREPROCESS_E_RECIPE);
    EXPECT_EQ(status([&](Recipe& r) { r.crop = value; }), VITGEN_PREPROCESS_E_RECIPE);
    EXPECT_EQ(status([&](Recipe& r) { r.pixel_type = value; }), VITGEN_PREPROCESS_E_RECIPE);
    EXPECT_EQ(status([&](Recipe& r) { r.channels = value; }), VITGEN_PREPROCESS_E_RECIPE);
  }
  for (const int edge : {0, -1, 65536, INT_MIN, INT_MAX}) {
    EXPECT_EQ(status([&](Recipe& r) { r.resize_h = edge; }), VITGEN_PREPROCESS_E_RECIPE);
    EXPECT_EQ(status([&](Recipe& r) { r.crop_h = edge; }), VITGEN_PREPROCESS_E_RECIPE);
    EXPECT_EQ(status([&](Recipe& r) { r.crop_w = edge; }), VITGEN_PREPROCESS_E_RECIPE);
    EXPECT_EQ(status([&](Recipe& r) { r.resize = VITGEN_RESIZE_EXACT, r.resize_w = edge; }),
              VITGEN_PREPROCESS_E_RECIPE);
  }
  for (const float value : {kNan, kInfinity, -kInfinity}) {
    EXPECT_EQ(status([&](Recipe& r) { r.mean[2] = value; }), VITGEN_PREPROCESS_E_RECIPE);
    EXPECT_EQ(status([&](Recipe& r) { r.std[2] = value; }), VITGEN_PREPROCESS_E_RECIPE);
    EXPECT_EQ(status([&](Recipe& r) { r.rescale = value; }), VITGEN_PREPROCESS_E_RECIPE);
  }
  EXPECT_EQ(status([](Recipe& r) { r.std[0] = 0; }), VITGEN_PREPROCESS_E_RECIPE);
}

TEST(PreprocessLimits, resized_edges_of_zero_or_over_2_24_are_refused) {
  const auto contain = make_recipe(VITGEN_RESIZE_CONTAIN, 16, 16, 16, 16);
  EXPECT_EQ(status_after([&](Call& c) {
              c.recipe = contain, c.height = 1, c.width = 65535, c.stride = 3 * 65535;
            }),
            VITGEN_PREPROCESS_E_FACTOR);
  const auto edge = make_recipe(VITGEN_RESIZE_SHORTEST_EDGE, 257, 0, 16, 16);
  EXPECT_EQ(status_after([&](Call& c) {
              c.recipe = edge, c.height = 1, c.width = 65535, c.stride = 3 * 65535;
            }),
            VITGEN_PREPROCESS_E_FACTOR);
}

TEST(PreprocessLimits, row_padding_and_what_follows_the_last_pixel_are_never_read) {
  const Picture picture = draw("edges", 5, 33, 21, 3);
  const auto recipe = make_recipe(VITGEN_RESIZE_EXACT, 16, 16, 16, 16);
  const std::vector<float> expected = run_f32(recipe, picture);
  for (const std::size_t padding : {std::size_t{1}, std::size_t{64}, std::size_t{5000}}) {
    const std::size_t row = static_cast<std::size_t>(picture.stride());
    const std::size_t stride = row + padding;
    // The last row has no padding: its last pixel is the last byte before the guard page.
    GuardedBytes pixels(32 * stride + row);
    for (std::size_t y = 0; y < 33; ++y) {
      std::memcpy(pixels.data() + y * stride, picture.pixels.data() + y * row, row);
    }
    Call call;
    call.recipe = recipe;
    call.pixels = pixels.data();
    call.height = 33;
    call.width = 21;
    call.stride = static_cast<std::ptrdiff_t>(stride);
    ASSERT_EQ(call.run(), VITGEN_PREPROCESS_OK);
    EXPECT_EQ(call.out, expected);
  }
}

TEST(PreprocessLimits, extreme_factors_need_less_than_8_MiB_and_keep_a_constant) {
  struct Shape {
    int height, width;
  };
  for (const Shape shape : {Shape{1, 1}, Shape{1, 65535}, Shape{65535, 1}, Shape{2, 65535},
                            Shape{65535, 7}, Shape{4096, 65}}) {
    Picture picture{shape.height, shape.width, 3, {}};
    picture.pixels.assign(
        static_cast<std::size_t>(shape.height) * static_cast<std::size_t>(shape.width) * 3, 201);
    for (const auto mode : {VITGEN_RESIZE_EXACT, VITGEN_RESIZE_SHORTEST_EDGE}) {
      for (const int filter : {VITGEN_FILTER_NEAREST, VITGEN_FILTER_BILINEAR, VITGEN_FILTER_BICUBIC,
                               VITGEN_FILTER_LANCZOS}) {
        auto recipe = make_recipe(mode, 224, 224, 224, 224);
        recipe.filter = filter;
        EXPECT_LT(vitgen_preprocess_workspace(&recipe, shape.height, shape.width, 3), 8u << 20);
        const std::vector<std::uint8_t> out = run_u8(recipe, picture);
        EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](int v) { return v == 201; }))
            << shape.height << " x " << shape.width << " mode " << mode << " filter " << filter;
      }
    }
  }
}

TEST(PreprocessLimits, largest_images_plan_within_8_MiB) {
  const auto recipe = make_recipe(VITGEN_RESIZE_EXACT, 224, 224, 224, 224);
  for (const int order : {VITGEN_PASSES_HORIZONTAL_FIRST, VITGEN_PASSES_PILLOW_13}) {
    auto ordered = recipe;
    ordered.pass_order = order;
    ordered.filter = VITGEN_FILTER_LANCZOS;
    for (const int edge : {4096, 16384, 65535}) {
      const int other = std::min((1 << 28) / edge, 65535);
      EXPECT_GT(vitgen_preprocess_workspace(&ordered, edge, other, 3), 0u);
      EXPECT_LT(vitgen_preprocess_workspace(&ordered, edge, other, 3), 8u << 20);
      EXPECT_LT(vitgen_preprocess_workspace(&ordered, other, edge, 3), 8u << 20);
    }
  }
}

TEST(PreprocessLimits, every_status_has_a_message) {
  for (int status = VITGEN_PREPROCESS_E_OVERLAP - 1; status <= 1; ++status) {
    EXPECT_GT(std::strlen(vitgen_preprocess_message(status)), 1u);
  }
}

}  // namespace
}  // namespace vitgen::testing
