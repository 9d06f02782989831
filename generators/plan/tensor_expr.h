#pragma once
// How a packed weight is computed from the tensors of the model file: a small expression with a
// text form, evaluated once at generation, one weight at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vitgen {

class WeightSource;

/// A row-major f32 array on the host.
struct HostTensor {
  std::vector<std::int64_t> shape;  ///< outermost first, as in model files
  std::vector<float> values;
};

/// A call such as pack(concat(q.weight, k.weight, v.weight), panel=48). Leaves name tensors.
struct TensorExpr {
  std::string function;             ///< "tensor", "concat", "mul_rows", "resample", "pack", ...
  std::string tensor;               ///< of a leaf
  std::vector<std::int64_t> shape;  ///< of a leaf: what the file must hold, outermost first
  std::vector<double> numbers;      ///< panel width, grid sizes, a factor, ...
  std::vector<TensorExpr> arguments;
  bool operator==(const TensorExpr&) const = default;
};

std::string to_text(const TensorExpr& expr);

/// Every leaf of the expression, for checking a file before any work and for random weights.
void collect_leaves(const TensorExpr& expr, std::vector<const TensorExpr*>& leaves);

/// Peak memory is the largest tensor of the expression a few times over. Throws what the source
/// throws, and TENSOR_EXPR if shapes do not fit.
HostTensor evaluate(const TensorExpr& expr, const WeightSource& source);

}  // namespace vitgen
