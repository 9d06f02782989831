#pragma once
// What each function of a TensorExpr does to shapes and to values; tensor_functions.h says it in
// words.

#include <span>
#include <string_view>
#include <vector>

#include "generators/plan/tensor_functions.h"

namespace vitgen {

/// One or more.
inline constexpr int kSome = -1;

struct TensorFunction {
  std::string_view name;
  int arguments;  ///< how many, or kSome; none of them is empty
  int numbers;    ///< how many, or kSome
  /// Shape of the result; throws TENSOR_EXPR unless `arguments` fit. Called with as many arguments
  /// and numbers as the row says.
  Shape (*shape)(const TensorExpr& call, std::span<const Shape> arguments);
  /// Called only with shapes that `shape` has accepted. May reuse the arguments' memory.
  HostTensor (*apply)(const TensorExpr& call, std::vector<HostTensor>& arguments);
};

/// Functions that only move values: concat, rows, pad, transpose, permute, pack, ...
std::span<const TensorFunction> layout_functions();

/// Functions that compute: scale, mul_rows, add, resample, ...
std::span<const TensorFunction> arithmetic_functions();

/// Tables that follow from their sizes alone: sinusoid, sincos_2d.
std::span<const TensorFunction> fixed_functions();

/// Throws TENSOR_EXPR for a name that is in none of the lists.
const TensorFunction& find_tensor_function(std::string_view name);

/// Number of elements; 1 for the empty shape.
std::int64_t element_total(const Shape& shape);

/// Elements below one index of the outermost axis.
std::int64_t row_size(const Shape& shape);

/// `call.numbers[index]` where it stands for an extent, a count or a choice.
std::int64_t integer(const TensorExpr& call, std::size_t index);

[[noreturn]] void tensor_expr_error(const TensorExpr& call, const std::string& what);

/// Throws TENSOR_EXPR, "<call>: needs <wanted>", unless `holds`.
void require(bool holds, const TensorExpr& call, const char* wanted);

/// Shape of the call's result. Throws TENSOR_EXPR for a name that is in no list, for another
/// number of arguments or numbers than the row says, and for shapes that do not fit.
Shape call_shape(const TensorExpr& call, std::span<const Shape> arguments);

}  // namespace vitgen
