#pragma once
// How a file lays out its matrices and convolutions, and what brings them to the one layout of the
// formulas: a matrix {n, k} of n outputs and k inputs, a convolution {n, channels, h, w}.

#include <cstdint>
#include <string>

#include "generators/plan/tensor_expr.h"
#include "generators/plan/vit_parts.h"
#include "generators/weights/tensor_info.h"

namespace vitgen {

/// The side of a matrix that has an axis for the heads and one for their size: {k, heads, size} of
/// flax's query, with a bias {heads, size}, and {heads, size, n} of its projection.
enum class HeadSide : std::uint8_t { none, outputs, inputs };

struct MatrixForm {
  MatrixOrder order = MatrixOrder::out_in;
  HeadSide head_side = HeadSide::none;
  std::int64_t heads = 1;
};

/// {n, k} of the matrix `name`.
TensorExpr stored_matrix(std::string name, std::int64_t n, std::int64_t k, const MatrixForm& form);

/// {n} of its bias `name`.
TensorExpr stored_bias(std::string name, std::int64_t n, const MatrixForm& form);

/// `shape`, {n, channels, h, w}, of the patch embedding `name`, a convolution or a matrix with the
/// same values.
TensorExpr stored_patches(std::string name, const Shape& shape, PatchOrder pixels,
                          MatrixOrder order);

/// The same for shapes: {n, k}, or {n, channels, h, w}, of a matrix or a convolution that is stored
/// with `shape`. A convolution of order in_out is {h, w, channels, n}.
Shape formula_shape(const Shape& shape, MatrixOrder order);

}  // namespace vitgen
