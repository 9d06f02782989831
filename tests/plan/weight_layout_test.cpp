// Arrays in flax's layout, brought to that of the formulas.

#include "generators/plan/weight_layout.h"

#include <gmock/gmock.h>

#include "generators/plan/tensor_functions.h"
#include "generators/plan/tensor_names.h"
#include "tests/plan/tiny_weights.h"

namespace vitgen {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

/// Of one tensor "x" that holds 1, 2, 3, ...
HostTensor value(const TensorExpr& expr, const Shape& stored) {
  const testing::Scratch folder;
  return evaluate(expr, tiny_weights(folder, {{"x", stored, {}}}));
}

MatrixForm flax(HeadSide side, std::int64_t heads = 1) {
  return {MatrixOrder::in_out, side, heads};
}

TEST(WeightLayout, arrays_of_torch_are_read_as_they_are) {
  EXPECT_EQ(stored_matrix("x", 2, 3, {}), tensors::leaf("x", {2, 3}));
  EXPECT_EQ(stored_bias("x", 4, {}), tensors::leaf("x", {4}));
  EXPECT_EQ(stored_patches("x", {8, 3, 2, 2}, PatchOrder::chw, MatrixOrder::out_in),
            tensors::leaf("x", {8, 3, 2, 2}));
}

TEST(WeightLayout, flax_kernels_are_transposed) {
  const HostTensor matrix = value(stored_matrix("x", 2, 3, flax(HeadSide::none)), {3, 2});
  EXPECT_THAT(matrix.shape, ElementsAre(2, 3));
  EXPECT_THAT(matrix.values, ElementsAre(1, 3, 5, 2, 4, 6));
}

// k[i][head][c] = 1 + 4 i + 2 head + c: row 2 head + c of the matrix, column i.
TEST(WeightLayout, heads_are_outputs_of_query_key_and_value) {
  const HostTensor query = value(stored_matrix("x", 4, 3, flax(HeadSide::outputs, 2)), {3, 2, 2});
  EXPECT_THAT(query.shape, ElementsAre(4, 3));
  EXPECT_THAT(query.values, ElementsAreArray({1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12}));
  const HostTensor bias = value(stored_bias("x", 4, flax(HeadSide::outputs, 2)), {2, 2});
  EXPECT_THAT(bias.shape, ElementsAre(4));
  EXPECT_THAT(bias.values, ElementsAre(1, 2, 3, 4));
}

// k[head][c][j] = 1 + 6 head + 3 c + j: row j of the matrix, column 2 head + c.
TEST(WeightLayout, heads_are_inputs_of_the_projection_behind_them) {
  const HostTensor proj = value(stored_matrix("x", 3, 4, flax(HeadSide::inputs, 2)), {2, 2, 3});
  EXPECT_THAT(proj.shape, ElementsAre(3, 4));
  EXPECT_THAT(proj.values, ElementsAreArray({1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12}));
  EXPECT_EQ(stored_bias("x", 3, flax(HeadSide::inputs, 2)), tensors::leaf("x", {3}));
}

// k[row][column][channel][j] = 1 + 4 row + 4 column + 2 channel + j, one row of two pixels.
TEST(WeightLayout, convolutions_of_flax_end_in_the_output_channels) {
  const HostTensor kernel =
      value(stored_patches("x", {2, 2, 1, 2}, PatchOrder::hwc, MatrixOrder::in_out), {1, 2, 2, 2});
  EXPECT_THAT(kernel.shape, ElementsAre(2, 2, 1, 2));
  EXPECT_THAT(kernel.values, ElementsAre(1, 5, 3, 7, 2, 6, 4, 8));
}

TEST(WeightLayout, formula_shapes_are_those_of_torch) {
  EXPECT_EQ(formula_shape({3, 2}, MatrixOrder::out_in), (Shape{3, 2}));
  EXPECT_EQ(formula_shape({3, 2}, MatrixOrder::in_out), (Shape{2, 3}));
  EXPECT_EQ(formula_shape({16, 8, 3, 768}, MatrixOrder::in_out), (Shape{768, 3, 16, 8}));
}

TEST(TensorNames, patterns_may_have_words_of_their_own_for_weight_and_bias) {
  EXPECT_EQ(tensor_name("a.{}.norm.*", "weight", 3), "a.3.norm.weight");
  EXPECT_EQ(tensor_name("a_{}/norm/<scale|bias>", "weight", 3), "a_3/norm/scale");
  EXPECT_EQ(tensor_name("a_{}/norm/<scale|shift>/x", "bias", 3), "a_3/norm/shift/x");
  EXPECT_EQ(with_part("a_{}/norm/<scale|bias>", "bias"), "a_{}/norm/bias");
}

}  // namespace
}  // namespace vitgen
