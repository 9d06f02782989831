#pragma once
// Work done on a matrix product's result while it is still in registers.

#include <Halide.h>

#include <string_view>
#include <vector>

namespace vitgen {

enum class Activation { none, gelu_erf, gelu_tanh, quick_gelu, relu, silu, tanh };
inline std::vector<std::string_view> enum_names(Activation) {
  return {"none", "gelu_erf", "gelu_tanh", "quick_gelu", "relu", "silu", "tanh"};
}

/// y = activation(acc + bias) + residual, each part optional.
struct Epilogue {
  bool bias = true;
  Activation activation = Activation::none;
  bool residual = false;

  template <class V>
  void visit(V& v) {
    v("bias", bias);
    v("activation", activation);
    v("residual", residual);
  }
  bool operator==(const Epilogue&) const = default;
};

/// The activation applied to one value, by the functions of vector_math.h.
Halide::Expr activate(const Halide::Expr& x, Activation activation);

}  // namespace vitgen
