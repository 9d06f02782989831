#include "generators/plan/tensor_expr.h"

#include <fmt/format.h>

#include <utility>

#include "generators/base/error.h"
#include "generators/plan/tensor_table.h"
#include "generators/weights/weight_source.h"

namespace vitgen {

namespace {

bool is_leaf(const TensorExpr& expr) { return expr.function == "tensor"; }

HostTensor read_leaf(const TensorExpr& leaf, const WeightSource& source) {
  HostTensor tensor{leaf.shape, source.read_f32(leaf.tensor)};
  const auto read = static_cast<std::int64_t>(tensor.values.size());
  if (read != element_total(leaf.shape)) {
    tensor_expr_error(leaf, fmt::format("{} elements were read", read));
  }
  return tensor;
}

}  // namespace

std::string to_text(const TensorExpr& expr) {
  if (is_leaf(expr)) return fmt::format("{}[{}]", printable(expr.tensor), shape_text(expr.shape));
  std::string out = expr.function + "(";
  for (std::size_t i = 0; i < expr.arguments.size(); ++i) {
    out += (i ? ", " : "") + to_text(expr.arguments[i]);
  }
  if (!expr.numbers.empty()) out += fmt::format("; {}", fmt::join(expr.numbers, ", "));
  return out + ")";
}

void collect_leaves(const TensorExpr& expr, std::vector<const TensorExpr*>& leaves) {
  if (is_leaf(expr)) leaves.push_back(&expr);
  for (const TensorExpr& argument : expr.arguments) collect_leaves(argument, leaves);
}

Shape shape_of(const TensorExpr& expr) {
  if (is_leaf(expr)) return expr.shape;
  std::vector<Shape> shapes;
  for (const TensorExpr& argument : expr.arguments) shapes.push_back(shape_of(argument));
  return call_shape(expr, shapes);
}

namespace {

HostTensor evaluate_checked(const TensorExpr& expr, const WeightSource& source) {
  if (is_leaf(expr)) return read_leaf(expr, source);
  std::vector<HostTensor> arguments;
  for (const TensorExpr& argument : expr.arguments) {
    arguments.push_back(evaluate_checked(argument, source));
  }
  return find_tensor_function(expr.function).apply(expr, arguments);
}

}  // namespace

HostTensor evaluate(const TensorExpr& expr, const WeightSource& source) {
  shape_of(expr);
  return evaluate_checked(expr, source);
}

}  // namespace vitgen
