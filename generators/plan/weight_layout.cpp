#include "generators/plan/weight_layout.h"

#include "generators/plan/tensor_functions.h"

namespace vitgen {

namespace t = tensors;

TensorExpr stored_matrix(std::string name, std::int64_t n, std::int64_t k, const MatrixForm& form) {
  if (form.layout == WeightLayout::torch) return t::leaf(std::move(name), {n, k});
  switch (form.head_side) {
    case HeadSide::none:
      return t::transpose(t::leaf(std::move(name), {k, n}));
    case HeadSide::outputs:
      return t::transpose(
          t::reshape(t::leaf(std::move(name), {k, form.heads, n / form.heads}), {k, n}));
    case HeadSide::inputs:
      return t::transpose(
          t::reshape(t::leaf(std::move(name), {form.heads, k / form.heads, n}), {k, n}));
  }
  __builtin_unreachable();
}

TensorExpr stored_bias(std::string name, std::int64_t n, const MatrixForm& form) {
  if (form.layout == WeightLayout::torch || form.head_side != HeadSide::outputs) {
    return t::leaf(std::move(name), {n});
  }
  return t::reshape(t::leaf(std::move(name), {form.heads, n / form.heads}), {n});
}

TensorExpr stored_convolution(std::string name, const Shape& shape, WeightLayout layout) {
  if (layout == WeightLayout::torch) return t::leaf(std::move(name), shape);
  return t::permute(t::leaf(std::move(name), {shape[2], shape[3], shape[1], shape[0]}),
                    {3, 2, 0, 1});
}

Shape formula_shape(const Shape& shape, WeightLayout layout) {
  if (layout == WeightLayout::torch) return shape;
  if (shape.size() == 4) return {shape[3], shape[2], shape[0], shape[1]};
  return {shape.rbegin(), shape.rend()};
}

}  // namespace vitgen
