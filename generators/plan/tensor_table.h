#pragma once
// What each function of a TensorExpr does to shapes and to values; tensor_functions.h says it in
// words.

#include <span>
#include <string_view>
#include <vector>

#include "generators/plan/tensor_functions.h"

namespace vitgen {

struct TensorFunction {
  std::string_view name;
  /// Shape of the result; throws TENSOR_EXPR unless `arguments` fit.
  Shape (*shape)(const TensorExpr& call, std::span<const Shape> arguments);
  /// Called only with shapes that `shape` has accepted. May reuse the arguments' memory.
  HostTensor (*apply)(const TensorExpr& call, std::vector<HostTensor>& arguments);
};

/// Throws TENSOR_EXPR for a name that is not in the table.
const TensorFunction& find_tensor_function(std::string_view name);

/// Number of elements; 1 for the empty shape.
std::int64_t element_total(const Shape& shape);

[[noreturn]] void tensor_expr_error(const TensorExpr& call, const std::string& what);

}  // namespace vitgen
