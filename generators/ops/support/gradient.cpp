#include "generators/ops/support/gradient.h"

#include <numbers>

namespace vitgen {

using Halide::Expr;

namespace {

Expr sigmoid(const Expr& x) { return 1.0f / (1.0f + Halide::exp(-x)); }

// d/dx x sigmoid(u(x)) = s + x u' s (1 - s)
Expr gated_slope(const Expr& x, const Expr& s, const Expr& u_slope) {
  return s + x * u_slope * s * (1.0f - s);
}

// x Phi(x), so Phi(x) + x phi(x) with the normal distribution's Phi and phi.
Expr gelu_erf_slope(const Expr& x) {
  const auto inv_sqrt2 = static_cast<float>(1.0 / std::numbers::sqrt2);
  const auto inv_sqrt_2pi = static_cast<float>(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
  return 0.5f * (1.0f + Halide::erf(x * inv_sqrt2)) + x * inv_sqrt_2pi * Halide::exp(-0.5f * x * x);
}

Expr gelu_tanh_slope(const Expr& x) {
  const Expr s = sigmoid(kGeluScale * (x + kGeluCubic * x * x * x));
  return gated_slope(x, s, kGeluScale * (1.0f + 3.0f * kGeluCubic * x * x));
}

}  // namespace

Expr activation_slope(const Expr& x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return 1.0f;
    case Activation::gelu_erf:
      return gelu_erf_slope(x);
    case Activation::gelu_tanh:
      return gelu_tanh_slope(x);
    case Activation::quick_gelu:
      return gated_slope(x, sigmoid(kQuickGelu * x), kQuickGelu);
    case Activation::relu:
      return Halide::select(x > 0.0f, 1.0f, 0.0f);
    case Activation::silu:
      return gated_slope(x, sigmoid(x), 1.0f);
    case Activation::tanh: {
      const Expr s = sigmoid(2.0f * x);  // tanh x = 2 s - 1, so 1 - tanh^2 = 4 s (1 - s)
      return 4.0f * s * (1.0f - s);
    }
  }
  return 1.0f;
}

}  // namespace vitgen
