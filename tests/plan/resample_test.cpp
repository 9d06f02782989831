// Rows of the resampling matrices against what PyTorch's own interpolation gives for unit impulses.

#include "generators/plan/resample.h"

#include <gtest/gtest.h>

#include <numeric>

namespace vitgen {
namespace {

using tensors::Resample;

/// The published digits are rounded to six decimals.
constexpr double half_last_digit = 0.5e-6;

void expect_row(std::int64_t from, std::int64_t to, Resample mode, std::int64_t row,
                std::size_t first, const std::vector<double>& expected) {
  const std::vector<double> matrix = resample_matrix(from, to, mode);
  for (std::size_t j = 0; j < expected.size(); ++j) {
    EXPECT_NEAR(matrix[static_cast<std::size_t>(row * from) + first + j], expected[j],
                half_last_digit)
        << from << " -> " << to << " row " << row << " tap " << first + j;
  }
}

TEST(Resample, bicubic_rows_equal_torch) {
  expect_row(14, 24, Resample::torch_bicubic, 0, 0, {1.097928, -0.097928, 0});
  expect_row(37, 16, Resample::torch_bicubic, 0, 0, {.326126, .784904, -.111031});
  expect_row(37, 16, Resample::torch_bicubic, 15, 36, {.326126});
}

TEST(Resample, antialiased_rows_equal_torch) {
  expect_row(37, 16, Resample::torch_bicubic_aa, 0, 0,
             {.387186, .441451, .209256, -.003056, -.031817, -.003020});
}

TEST(Resample, torch_bicubic_offset_rows_equal_torch_with_a_scale_factor) {
  expect_row(37, 16, Resample::torch_bicubic_offset, 0, 0, {.333954, .776929, -.110883});
  expect_row(37, 16, Resample::torch_bicubic_offset, 15, 36, {.100952});
}

TEST(Resample, bilinear_rows_are_clamped_at_the_ends) {
  // 2 -> 4: positions -0.25, 0.25, 0.75, 1.25.
  EXPECT_EQ(resample_matrix(2, 4, Resample::torch_bilinear),
            (std::vector<double>{1, 0, .75, .25, .25, .75, 0, 1}));
}

TEST(Resample, linear_rows_keep_the_corners) {
  // 3 -> 5 and 5 -> 3: every other point falls on a point of the table.
  EXPECT_EQ(resample_matrix(3, 5, Resample::linear_corners),
            (std::vector<double>{1, 0, 0, .5, .5, 0, 0, 1, 0, 0, .5, .5, 0, 0, 1}));
  EXPECT_EQ(resample_matrix(5, 3, Resample::linear_corners),
            (std::vector<double>{1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(resample_matrix(3, 1, Resample::linear_corners), (std::vector<double>{1, 0, 0}));
}

// Distances of 14 patches for 24, of 3 for 4 (which the widest steps do not reach) and of 6 for 4.
TEST(Resample, geometric_rows_equal_timm) {
  constexpr Resample mode = Resample::geometric;
  expect_row(27, 47, mode, 0, 0, {1, 0, 0});
  expect_row(27, 47, mode, 1, 0, {.645690, .354310, 0});
  expect_row(27, 47, mode, 2, 0, {.291356, .708644, 0});
  expect_row(27, 47, mode, 22, 11, {0, 1, 0});
  expect_row(27, 47, mode, 46, 25, {0, 1});
  expect_row(5, 7, mode, 0, 0, {1, 0, 0, 0, 0});
  expect_row(5, 7, mode, 1, 0, {.666667, .333333, 0, 0, 0});
  expect_row(5, 7, mode, 5, 0, {0, 0, 0, .333333, .666667});
  expect_row(11, 7, mode, 0, 0, {0, 0, .970490, .029510, 0, 0, 0, 0, 0, 0, 0});
  expect_row(11, 7, mode, 5, 4, {0, 0, .009902, .990098, 0, 0, 0});
}

TEST(Resample, geometric_of_one_patch_is_the_same_everywhere) {
  EXPECT_EQ(resample_matrix(1, 5, Resample::geometric), (std::vector<double>{1, 1, 1, 1, 1}));
  EXPECT_EQ(resample_matrix(5, 1, Resample::geometric), (std::vector<double>{0, 0, 1, 0, 0}));
}

TEST(Resample, rows_sum_to_one_for_every_size) {
  for (const Resample mode :
       {Resample::torch_bicubic, Resample::torch_bicubic_aa, Resample::torch_bilinear,
        Resample::torch_bicubic_offset, Resample::linear_corners}) {
    for (const std::int64_t from : {1, 2, 3, 7, 14, 37}) {
      for (const std::int64_t to : {1, 2, 5, 16, 37, 64}) {
        const std::vector<double> matrix = resample_matrix(from, to, mode);
        for (std::int64_t i = 0; i < to; ++i) {
          const auto row = matrix.begin() + i * from;
          // The taps sum to 1 but for the rounding of a dozen additions of numbers below 2.
          EXPECT_NEAR(std::accumulate(row, row + from, 0.0), 1, 1e-14);
        }
      }
    }
  }
}

TEST(Resample, same_size_leaves_the_table_as_it_is) {
  for (const Resample mode : {Resample::torch_bicubic, Resample::torch_bicubic_aa,
                              Resample::torch_bilinear, Resample::linear_corners}) {
    const std::vector<double> matrix = resample_matrix(5, 5, mode);
    for (std::size_t i = 0; i < 25; ++i) EXPECT_EQ(matrix[i], i % 6 == 0 ? 1 : 0);
  }
}

TEST(Resample, height_and_width_are_resampled_each_by_its_own_matrix) {
  HostTensor table{{2 * 3, 2}, std::vector<float>(12)};
  std::iota(table.values.begin(), table.values.end(), 0.0f);
  const HostTensor out = resample_table(table, 2, 3, 4, 2, Resample::torch_bilinear);
  ASSERT_EQ(out.shape, (Shape{8, 2}));
  const auto rows = resample_matrix(2, 4, Resample::torch_bilinear);
  const auto columns = resample_matrix(3, 2, Resample::torch_bilinear);
  for (std::size_t r = 0; r < 4; ++r) {
    for (std::size_t c = 0; c < 2; ++c) {
      for (std::size_t d = 0; d < 2; ++d) {
        double expected = 0;
        for (std::size_t y = 0; y < 2; ++y) {
          for (std::size_t x = 0; x < 3; ++x) {
            expected += rows[r * 2 + y] * columns[c * 3 + x] * table.values[(y * 3 + x) * 2 + d];
          }
        }
        EXPECT_FLOAT_EQ(out.values[(r * 2 + c) * 2 + d], static_cast<float>(expected));
      }
    }
  }
}

}  // namespace
}  // namespace vitgen
