#include "generators/plan/tensor_table.h"

#include <functional>
#include <numeric>

#include "generators/base/error.h"

namespace vitgen {

std::int64_t element_total(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::int64_t row_size(const Shape& shape) { return element_total(shape) / shape.front(); }

std::int64_t integer(const TensorExpr& call, std::size_t index) {
  return static_cast<std::int64_t>(call.numbers.at(index));
}

void tensor_expr_error(const TensorExpr& call, const std::string& what) {
  throw Error(ExitCode::internal, "TENSOR_EXPR", to_text(call) + ": " + what);
}

void require(bool holds, const TensorExpr& call, const char* wanted) {
  if (!holds) tensor_expr_error(call, std::string("needs ") + wanted);
}

void require_arguments(const TensorExpr& call, std::span<const Shape> shapes, std::size_t count) {
  require(shapes.size() == count, call, "another number of arguments");
  for (const Shape& shape : shapes) {
    require(!shape.empty() && element_total(shape) > 0, call, "arguments that are not empty");
  }
}

const TensorFunction& find_tensor_function(std::string_view name) {
  for (const auto list : {layout_functions(), arithmetic_functions()}) {
    for (const TensorFunction& function : list) {
      if (function.name == name) return function;
    }
  }
  throw Error(ExitCode::internal, "TENSOR_EXPR",
              "no tensor function is called '" + printable(name) + "'");
}

}  // namespace vitgen
