#pragma once
// How the arrays of a model file are laid out, and what brings them to the one layout of the
// formulas: a matrix {n, k} of n outputs and k inputs, a convolution {n, channels, h, w}.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "generators/plan/tensor_expr.h"
#include "generators/weights/tensor_info.h"

namespace vitgen {

///   torch  as the formulas have them
///   flax   a matrix is {k, n}, a convolution {h, w, channels, n}; the projections of attention
///          have an axis for the heads: {k, heads, size} before it, with a bias {heads, size}, and
///          {heads, size, n} after it
enum class WeightLayout : std::uint8_t { torch, flax };
inline std::vector<std::string_view> enum_names(WeightLayout) { return {"torch", "flax"}; }

/// The side of a matrix that is heads times their size.
enum class HeadSide : std::uint8_t { none, outputs, inputs };

struct MatrixForm {
  WeightLayout layout = WeightLayout::torch;
  HeadSide head_side = HeadSide::none;
  std::int64_t heads = 1;
};

/// {n, k} of the matrix `name`.
TensorExpr stored_matrix(std::string name, std::int64_t n, std::int64_t k, const MatrixForm& form);

/// {n} of its bias `name`.
TensorExpr stored_bias(std::string name, std::int64_t n, const MatrixForm& form);

/// `shape`, {n, channels, h, w}, of the convolution `name`.
TensorExpr stored_convolution(std::string name, const Shape& shape, WeightLayout layout);

/// The same for shapes: {n, k} or {n, channels, h, w} of a matrix or a convolution that is stored
/// with `shape`.
Shape formula_shape(const Shape& shape, WeightLayout layout);

}  // namespace vitgen
