#include "generators/plan/weight_layout.h"

#include "generators/plan/tensor_functions.h"

namespace vitgen {

namespace t = tensors;

namespace {

Shape joined(Shape first, const Shape& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

TensorExpr stored_matrix(std::string name, std::int64_t n, std::int64_t k, const MatrixForm& form) {
  const auto side = [&](std::int64_t extent, HeadSide which) {
    return form.head_side == which ? Shape{form.heads, extent / form.heads} : Shape{extent};
  };
  const Shape outputs = side(n, HeadSide::outputs);
  const Shape inputs = side(k, HeadSide::inputs);
  const bool out_first = form.order == MatrixOrder::out_in;
  TensorExpr matrix =
      t::leaf(std::move(name), out_first ? joined(outputs, inputs) : joined(inputs, outputs));
  if (form.head_side != HeadSide::none) {
    matrix = t::reshape(std::move(matrix), out_first ? Shape{n, k} : Shape{k, n});
  }
  return out_first ? matrix : t::transpose(std::move(matrix));
}

TensorExpr stored_bias(std::string name, std::int64_t n, const MatrixForm& form) {
  if (form.head_side != HeadSide::outputs) return t::leaf(std::move(name), {n});
  return t::reshape(t::leaf(std::move(name), {form.heads, n / form.heads}), {n});
}

TensorExpr stored_patches(std::string name, const Shape& shape, PatchOrder pixels,
                          MatrixOrder order) {
  const bool out_first = order == MatrixOrder::out_in;
  const bool channel_first = pixels == PatchOrder::chw;
  Shape stored =
      channel_first ? Shape{shape[1], shape[2], shape[3]} : Shape{shape[2], shape[3], shape[1]};
  stored.insert(out_first ? stored.begin() : stored.end(), shape[0]);
  TensorExpr weight = t::leaf(std::move(name), std::move(stored));
  if (out_first && channel_first) return weight;
  if (out_first) return t::permute(std::move(weight), {0, 3, 1, 2});
  return t::permute(std::move(weight), channel_first ? Shape{3, 0, 1, 2} : Shape{3, 2, 0, 1});
}

Shape formula_shape(const Shape& shape, MatrixOrder order) {
  if (order == MatrixOrder::out_in) return shape;
  if (shape.size() == 4) return {shape[3], shape[2], shape[0], shape[1]};
  return {shape.rbegin(), shape.rend()};
}

}  // namespace vitgen
