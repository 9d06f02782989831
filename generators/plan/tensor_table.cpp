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

const TensorFunction& find_tensor_function(std::string_view name) {
  for (const auto list : {layout_functions(), arithmetic_functions(), fixed_functions()}) {
    for (const TensorFunction& function : list) {
      if (function.name == name) return function;
    }
  }
  throw Error(ExitCode::internal, "TENSOR_EXPR",
              "no tensor function is called '" + printable(name) + "'");
}

Shape call_shape(const TensorExpr& call, std::span<const Shape> arguments) {
  const TensorFunction& function = find_tensor_function(call.function);
  const auto fits = [](std::size_t count, int wanted) {
    return wanted == kSome ? count > 0 : count == static_cast<std::size_t>(wanted);
  };
  require(fits(arguments.size(), function.arguments), call, "another number of arguments");
  require(fits(call.numbers.size(), function.numbers), call, "another number of numbers");
  for (const Shape& shape : arguments) {
    require(!shape.empty() && element_total(shape) > 0, call, "arguments that are not empty");
  }
  return function.shape(call, arguments);
}

}  // namespace vitgen
