#pragma once
// Work done on a matrix product's result while it is still in registers.

#include <Halide.h>

#include <numbers>
#include <string_view>
#include <vector>

namespace vitgen {

enum class Activation { none, gelu_erf, gelu_tanh, quick_gelu, relu, silu, tanh };
inline std::vector<std::string_view> enum_names(Activation) {
  return {"none", "gelu_erf", "gelu_tanh", "quick_gelu", "relu", "silu", "tanh"};
}

/// gelu_tanh is GELU's tanh form (Hendrycks and Gimpel 2016): x/2 (1 + tanh u) = x sigmoid(2u) with
/// 2u = kGeluScale (x + kGeluCubic x^3), kGeluScale = 2 sqrt(2/pi); quick_gelu, of the same paper,
/// is x sigmoid(kQuickGelu x). The formulas and their slopes share these.
inline constexpr auto kGeluScale =
    static_cast<float>(2.0 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
inline constexpr float kGeluCubic = 0.044715f;
inline constexpr float kQuickGelu = 1.702f;

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
