#include "generators/plan/tensor_expr.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generators/base/error.h"
#include "generators/plan/tensor_functions.h"
#include "tests/plan/tiny_weights.h"

namespace vitgen {
namespace {

namespace t = tensors;
using ::testing::ElementsAre;

/// a = [[1 2 3] [4 5 6]], g = [10 20], and others that a test names.
HostTensor value(const TensorExpr& expr, std::vector<TinyTensor> more = {}) {
  const testing::Scratch folder;
  std::vector<TinyTensor> all = {{"a", {2, 3}, {}}, {"g", {2}, {10, 20}}};
  all.insert(all.end(), more.begin(), more.end());
  const HostTensor out = evaluate(expr, tiny_weights(folder, all));
  EXPECT_EQ(out.shape, shape_of(expr));
  EXPECT_EQ(out.values.size(), element_count(out.shape));
  return out;
}

TensorExpr a() { return t::leaf("a", {2, 3}); }
TensorExpr g() { return t::leaf("g", {2}); }

TEST(TensorExpr, functions_of_rows_give_hand_values) {
  EXPECT_THAT(value(t::concat({a(), t::rows(a(), 1, 1)})).values,
              ElementsAre(1, 2, 3, 4, 5, 6, 4, 5, 6));
  EXPECT_THAT(value(t::concat_columns({a(), t::scale(a(), 0.5)})).values,
              ElementsAre(1, 2, 3, 0.5, 1, 1.5, 4, 5, 6, 2, 2.5, 3));
  EXPECT_THAT(value(t::mul_rows(a(), g())).values, ElementsAre(10, 20, 30, 80, 100, 120));
  EXPECT_THAT(value(t::mul_rows(g(), g())).values, ElementsAre(100, 400));
  EXPECT_THAT(value(t::scale_rows(a(), 1, 1, 0.5)).values, ElementsAre(1, 2, 3, 2, 2.5, 3));
  EXPECT_THAT(value(t::mul_columns(t::transpose(a()), g())).values,
              ElementsAre(10, 80, 20, 100, 30, 120));
  EXPECT_THAT(value(t::matvec(t::transpose(a()), g())).values, ElementsAre(90, 120, 150));
  EXPECT_THAT(value(t::head_products(a(), g(), 1)).values, ElementsAre(90, 120, 150));
  EXPECT_THAT(value(t::head_products(a(), g(), 2)).values, ElementsAre(10, 20, 30, 80, 100, 120));
  EXPECT_THAT(value(t::pad(a(), 4)).values, ElementsAre(1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(value(t::transpose(a())).values, ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(value(t::zeros({2, 1})).values, ElementsAre(0, 0));
}

// Thirds lie between 213 and 214, or 1706 and 1707, steps of a type.
TEST(TensorExpr, sums_of_rows_and_rounding_to_a_type_give_hand_values) {
  EXPECT_THAT(value(t::row_sums(a())).values, ElementsAre(6, 15));
  EXPECT_THAT(value(t::row_sums(t::transpose(a()))).values, ElementsAre(5, 7, 9));
  const TensorExpr thirds = t::scale(g(), 1.0 / 3);
  EXPECT_THAT(value(t::rounded(thirds, DType::bf16)).values, ElementsAre(3.328125f, 6.65625f));
  EXPECT_THAT(value(t::rounded(thirds, DType::f16)).values, ElementsAre(3.333984375f, 6.66796875f));
}

TEST(TensorExpr, permute_reorders_axes_and_a_diagonal_of_matrices_is_zero_elsewhere) {
  const TinyTensor cube{"c", {2, 3, 2}, {}};  // 1 .. 12
  const HostTensor turned = value(t::permute(t::leaf("c", {2, 3, 2}), {2, 0, 1}), {cube});
  EXPECT_THAT(turned.shape, ElementsAre(2, 2, 3));
  EXPECT_THAT(turned.values, ElementsAre(1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12));
  EXPECT_EQ(value(t::permute(a(), {1, 0})).values, value(t::transpose(a())).values);
  const HostTensor diagonal = value(t::block_diagonal({a(), t::reshape(g(), {2, 1})}));
  EXPECT_THAT(diagonal.shape, ElementsAre(4, 4));
  EXPECT_THAT(diagonal.values, ElementsAre(1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 10, 0, 0, 0, 20));
}

TEST(TensorExpr, elementwise_functions_give_hand_values) {
  EXPECT_THAT(value(t::add(g(), g())).values, ElementsAre(20, 40));
  EXPECT_THAT(value(t::average(g(), t::scale(g(), 3))).values, ElementsAre(20, 40));
  EXPECT_THAT(value(t::reshape(a(), {3, 2})).values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(TensorExpr, batch_normalisation_is_a_scale_and_a_shift) {
  // gain, bias and mean g, variance {3, 15}, eps 1
  const auto evaluated = [](const TensorExpr& expr) {
    return value(expr, {{"v", {2}, {3, 15}}}).values;
  };
  const TensorExpr scale = t::norm_scale(g(), t::leaf("v", {2}), 1);
  EXPECT_THAT(evaluated(scale), ElementsAre(5, 5));
  EXPECT_THAT(evaluated(t::norm_shift(g(), g(), scale)), ElementsAre(-40, -80));
}

TEST(TensorExpr, permuted_axes_give_hand_values) {
  EXPECT_THAT(value(t::permute(a(), {1, 0})).values, ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(value(t::permute(a(), {0, 1})).values, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(value(t::permute(g(), {0})).values, ElementsAre(10, 20));
  // c[i][j][k] = 6 i + 2 j + k + 1 to [k][i][j].
  const HostTensor moved =
      value(t::permute(t::leaf("c", {2, 3, 2}), {2, 0, 1}), {{"c", {2, 3, 2}, {}}});
  EXPECT_THAT(moved.shape, ElementsAre(2, 2, 3));
  EXPECT_THAT(moved.values, ElementsAre(1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12));
}

TEST(TensorExpr, pack_stores_panels_of_columns_padded_with_zeros) {
  const HostTensor packed = value(t::pack(t::leaf("w", {3, 2}), 2), {{"w", {3, 2}, {}}});
  // w = [[1 2] [3 4] [5 6]], rows are output channels: panel 0 holds rows 0 and 1.
  EXPECT_THAT(packed.shape, ElementsAre(2, 2, 2));
  EXPECT_THAT(packed.values, ElementsAre(1, 3, 2, 4, 5, 0, 6, 0));
}

TEST(TensorExpr, folded_pixels_equal_normalised_pixels) {
  const TinyTensor weight{"w", {2, 3, 1, 2}, {.5f, -1, 2, .25f, -.75f, 3, 1, 1, -2, .5f, 4, -3}};
  const std::vector<double> mean = {0.485, 0.456, 0.406};
  const std::vector<double> deviation = {0.229, 0.224, 0.225};
  const TensorExpr w = t::leaf("w", weight.shape);
  const HostTensor folded = value(t::fold_pixel_scale(w, 255, deviation), {weight});
  const HostTensor offset = value(t::pixel_offset(w, mean, deviation), {weight});
  const double pixels[] = {0, 255, 17, 200, 99, 1};
  for (std::size_t j = 0; j < 2; ++j) {
    double plain = 0;
    double through_u8 = offset.values[j];
    double size = 0;
    for (std::size_t i = 0; i < 6; ++i) {
      const double normalised = (pixels[i] / 255 - mean[i / 2]) / deviation[i / 2];
      plain += weight.values[6 * j + i] * normalised;
      through_u8 += static_cast<double>(folded.values[6 * j + i]) * pixels[i];
      size += std::abs(folded.values[6 * j + i] * pixels[i]);
    }
    // Each folded weight and the offset are rounded once to f32, to within 2^-24 of themselves.
    EXPECT_NEAR(through_u8, plain, 0x1p-24 * (size + std::abs(offset.values[j]))) << j;
  }
}

TEST(TensorExpr, convolution_in_a_window_is_a_linear_map_of_its_pixels) {
  // 3x3 pixels; a kernel of 3x3 that begins one pixel before each of 2x2 outputs, 2 apart.
  const TinyTensor kernel{"w", {1, 1, 3, 3}, {}};  // 1 .. 9
  const HostTensor map = value(
      t::conv_in_window(
          t::leaf("w", kernel.shape),
          {.outputs_h = 2, .outputs_w = 2, .height = 3, .width = 3, .stride = 2, .first = -1}),
      {kernel});
  EXPECT_THAT(map.shape, ElementsAre(4, 1, 3, 3));
  EXPECT_THAT(map.values, ElementsAre(5, 6, 0, 8, 9, 0, 0, 0, 0, 0, 4, 5, 0, 7, 8, 0, 0, 0,  //
                                      0, 0, 0, 2, 3, 0, 5, 6, 0, 0, 0, 0, 0, 1, 2, 0, 4, 5));
  // Where nothing of the kernel lies inside, nothing is read.
  const HostTensor none =
      value(t::conv_in_window(t::leaf("w", kernel.shape), {.first = 5}), {kernel});
  EXPECT_THAT(none.values, ElementsAre(0));
}

TEST(TensorExpr, text_names_functions_tensors_shapes_and_numbers) {
  EXPECT_EQ(to_text(t::pack(t::mul_rows(a(), g()), 48)), "pack(mul_rows(a[2x3], g[2]); 48)");
  EXPECT_EQ(to_text(t::leaf("bad\nname", {1})), "bad\\x0Aname[1]");
}

TEST(TensorExpr, leaves_are_collected_in_order) {
  const TensorExpr expr = t::concat({a(), t::mul_rows(a(), g())});
  std::vector<const TensorExpr*> leaves;
  collect_leaves(expr, leaves);
  ASSERT_EQ(leaves.size(), 3u);
  EXPECT_EQ(leaves[2]->tensor, "g");
}

TEST(TensorExpr, shapes_that_do_not_fit_are_errors_before_anything_is_read) {
  const TensorExpr b = t::leaf("absent", {3, 2});
  for (const TensorExpr& wrong :
       {t::concat({a(), b}),
        t::concat_columns({a(), b}),
        t::add(a(), b),
        t::mul_rows(b, g()),
        t::reshape(b, {7}),
        t::rows(b, 2, 2),
        t::pad(b, 2),
        t::pack(g(), 8),
        t::transpose(g()),
        t::permute(a(), {0}),
        t::permute(a(), {0, 0}),
        t::permute(a(), {0, 2}),
        t::permute(a(), {0, -1}),
        t::permute(a(), {0, 1, 2}),
        t::block_diagonal({a(), g()}),
        t::resample(b, 2, 2, 3, 3, t::Resample::torch_bicubic),
        t::pixel_offset(b, {1}, {1}),
        t::conv_in_window(b, {}),
        t::row_sums(g()),
        t::rounded(g(), DType::f32),
        t::conv_in_window(t::leaf("absent", {1, 1, 1, 1}), {.stride = 0})}) {
    try {
      shape_of(wrong);
      FAIL() << to_text(wrong);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "TENSOR_EXPR") << to_text(wrong);
    }
  }
  EXPECT_THROW(value(b), Error);
}

TensorExpr call(std::string function, std::vector<TensorExpr> arguments,
                std::vector<double> numbers) {
  return {.function = std::move(function),
          .tensor = {},
          .shape = {},
          .numbers = std::move(numbers),
          .arguments = std::move(arguments)};
}

// The builders cannot make these; a row of the table says what its function may rely on.
TEST(TensorExpr, calls_with_another_number_of_arguments_or_numbers_are_errors) {
  for (const TensorExpr& wrong :
       {call("add", {a()}, {}), call("add", {a(), a(), a()}, {}), call("add", {a(), a()}, {1}),
        call("average", {}, {}), call("scale", {a()}, {}), call("scale", {a(), a()}, {2}),
        call("mul_rows", {a()}, {}), call("resample", {a()}, {1, 2, 1, 2}),
        call("divide_channels", {a()}, {}), call("concat", {}, {}), call("concat_columns", {}, {}),
        call("rows", {a()}, {0}), call("pad", {a()}, {}), call("pack", {a()}, {8, 8}),
        call("transpose", {a()}, {0}), call("reshape", {a()}, {}), call("zeros", {a()}, {2})}) {
    try {
      shape_of(wrong);
      ADD_FAILURE() << to_text(wrong);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "TENSOR_EXPR");
      EXPECT_NE(std::string(error.what()).find("needs another number of"), std::string::npos)
          << error.what();
    }
  }
}

TEST(TensorExpr, resampling_has_grids_with_points_and_one_of_its_rules) {
  EXPECT_EQ(shape_of(call("resample", {a()}, {1, 2, 2, 2, 3})), (Shape{4, 3}));
  const auto geometric = static_cast<double>(tensors::Resample::geometric);
  EXPECT_THROW(shape_of(call("resample", {a()}, {1, 2, 3, 3, geometric})), Error);
  for (const std::vector<double>& numbers :
       {std::vector<double>{1, 2, 2, 2, 6}, {1, 2, 2, 2, -1}, {1, 2, 0, 2, 0}, {-1, -2, 2, 2, 0}}) {
    EXPECT_THROW(shape_of(call("resample", {a()}, numbers)), Error);
  }
}

}  // namespace
}  // namespace vitgen
