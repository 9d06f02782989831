// Position tables that follow from their sizes, against numbers of the authors' own code.

#include <gtest/gtest.h>

#include <cmath>

#include "generators/plan/tensor_functions.h"
#include "tests/plan/tiny_weights.h"

namespace vitgen {
namespace {

namespace t = tensors;

HostTensor value(const TensorExpr& expr) {
  const testing::Scratch folder;
  return evaluate(expr, tiny_weights(folder, {{"a", {1}, {}}}));
}

// MAE's table of ViT-B/16: 14x14 patches behind a row of zeros for [CLS]; numbers of its code.
TEST(FixedTables, sincos_2d_has_the_numbers_of_mae_with_the_column_first) {
  const HostTensor table = value(t::sincos_2d(14, 14, 768));
  ASSERT_EQ(table.shape, (Shape{196, 768}));
  double sum = 0;
  for (const float v : table.values) sum += static_cast<double>(v);
  EXPECT_NEAR(sum, 69594.4938, 5e-5 + 1e-6);  // half a digit of the number, and its f32 rounding
  const auto row = [&](std::size_t patch) { return &table.values[patch * 768]; };
  constexpr float digit = 0.5e-8f + 0x1p-25f;  // of the numbers below, and a rounding to f32
  const double second[] = {.84147096, .81525064, .78859305};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(row(1)[i], second[i], digit);         // column 1 of row 0
    EXPECT_NEAR(row(14)[384 + i], second[i], digit);  // column 0 of row 1
    EXPECT_EQ(row(1)[384 + i], 0);
    EXPECT_EQ(row(14)[i], 0);
  }
  const double last[] = {.42016703, .9074468, .42016703, .9074468};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(row(195)[192 * i], last[i], 0.5e-7);
}

TEST(FixedTables, sincos_2d_of_a_rectangle_counts_columns_within_rows) {
  const HostTensor table = value(t::sincos_2d(2, 3, 4));
  for (std::size_t i = 0; i < 6; ++i) {
    const double x = static_cast<double>(i % 3);
    const double y = static_cast<double>(i / 3);
    EXPECT_EQ(table.values[4 * i], static_cast<float>(std::sin(x)));
    EXPECT_EQ(table.values[4 * i + 1], static_cast<float>(std::cos(x)));
    EXPECT_EQ(table.values[4 * i + 2], static_cast<float>(std::sin(y)));
    EXPECT_EQ(table.values[4 * i + 3], static_cast<float>(std::cos(y)));
  }
}

/// Of the point in column x of row y, for channel k of `rotary_cos`.
double angle(const t::RotaryAngles& a, std::size_t i, std::size_t k) {
  const auto columns = static_cast<std::size_t>(a.grid_w);
  const auto quarter = static_cast<std::size_t>(a.size / 4);
  const double y = a.first_y + static_cast<double>(i / columns) * a.step_y;
  const double x = a.first_x + static_cast<double>(i % columns) * a.step_x;
  const double wave =
      std::pow(a.theta, static_cast<double>(k % quarter) / -static_cast<double>(quarter));
  return (k < quarter) == a.x_first ? x * wave : y * wave;
}

TEST(FixedTables, rotary_turns_half_of_the_pairs_with_the_row_and_half_with_the_column) {
  for (const bool x_first : {false, true}) {
    const t::RotaryAngles angles{.grid_h = 2,
                                 .grid_w = 3,
                                 .size = 12,
                                 .theta = 100,
                                 .x_first = x_first,
                                 .first_y = -1,
                                 .step_y = 2,
                                 .first_x = 0.25,
                                 .step_x = 0.5};
    const HostTensor cos = value(t::rotary_cos(angles));
    const HostTensor sin = value(t::rotary_sin(angles));
    ASSERT_EQ(cos.shape, (Shape{6, 6}));
    ASSERT_EQ(sin.shape, (Shape{6, 6}));
    for (std::size_t i = 0; i < 36; ++i) {
      const double turn = angle(angles, i / 6, i % 6);
      EXPECT_FLOAT_EQ(cos.values[i], static_cast<float>(std::cos(turn))) << i;
      EXPECT_FLOAT_EQ(sin.values[i], static_cast<float>(std::sin(turn))) << i;
    }
  }
}

// Of the last patch of 16x16, and of the slowest pair, by hand: w = 10000^(-15/16).
TEST(FixedTables, rotary_of_the_last_patch_counts_to_it) {
  const HostTensor sin = value(t::rotary_sin({.grid_h = 16, .grid_w = 16, .size = 64}));
  EXPECT_FLOAT_EQ(sin.values[255 * 32], 0.65028784f);       // sin 15
  EXPECT_NEAR(sin.values[255 * 32 + 31], 0.0026674, 5e-8);  // sin(15 * 1.7782794e-4)
}

TEST(FixedTables, sinusoid_interleaves_sines_and_cosines_of_one_wave_length) {
  const HostTensor table = value(t::sinusoid(3, 5));
  ASSERT_EQ(table.shape, (Shape{3, 5}));
  for (std::size_t p = 0; p < 3; ++p) {
    for (std::size_t i = 0; i < 5; ++i) {
      const double even = static_cast<double>(i / 2 * 2);
      const double angle = static_cast<double>(p) / std::pow(10000.0, even / 5);
      const double wanted = i % 2 == 0 ? std::sin(angle) : std::cos(angle);
      EXPECT_FLOAT_EQ(table.values[5 * p + i], static_cast<float>(wanted)) << p << " " << i;
    }
  }
}

// Sums and elements of the 14x14 table of DropPos's authors at sigma 1, which divide columns by the
// sums of rows: a row at the edge adds up to less than 1.
TEST(FixedTables, position_smoothing_has_the_numbers_of_droppos) {
  const HostTensor table = value(t::position_smoothing(14, 14, 1.0));
  ASSERT_EQ(table.shape, (Shape{196, 196}));
  const auto row_sum = [&](std::size_t i) {
    double sum = 0;
    for (std::size_t j = 0; j < 196; ++j) sum += static_cast<double>(table.values[196 * i + j]);
    return sum;
  };
  constexpr double digit = 0.5e-5 + 196 * 0x1p-25;  // of the numbers below, and their f32 rounding
  EXPECT_NEAR(row_sum(0), .88633, digit);
  EXPECT_NEAR(row_sum(7), .94145, digit);
  EXPECT_NEAR(row_sum(7 * 14 + 7), 1, digit) << "five patches away from any edge";
  EXPECT_NEAR(table.values[0], .52032, digit);
  EXPECT_NEAR(table.values[197 * (7 * 14 + 7)], .31824, digit);
  for (std::size_t j = 0; j < 196; ++j) {
    double column = 0;
    for (std::size_t i = 0; i < 196; ++i) column += static_cast<double>(table.values[196 * i + j]);
    EXPECT_NEAR(column, 1, 196 * 0x1p-25) << j;
  }
}

TEST(FixedTables, position_smoothing_of_no_width_is_the_identity) {
  const HostTensor table = value(t::position_smoothing(2, 3, 0));
  for (std::size_t i = 0; i < 36; ++i) EXPECT_EQ(table.values[i], i % 7 == 0 ? 1 : 0) << i;
}

TEST(FixedTables, sizes_without_a_table_are_errors) {
  for (const TensorExpr& wrong :
       {t::rotary_cos({.size = 6}), t::rotary_sin({.grid_h = 0}), t::rotary_cos({.theta = 0}),
        t::sincos_2d(2, 2, 6), t::sincos_2d(0, 2, 4), t::sincos_2d(2, -1, 4), t::sinusoid(0, 4),
        t::sinusoid(4, 0), t::position_smoothing(0, 2, 1), t::position_smoothing(2, 2, -1)}) {
    EXPECT_EQ(testing::code_of([&] { shape_of(wrong); }), "TENSOR_EXPR") << to_text(wrong);
  }
}

}  // namespace
}  // namespace vitgen
