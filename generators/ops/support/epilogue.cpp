#include "generators/ops/support/epilogue.h"

#include <numbers>

namespace vitgen {

using Halide::Expr;

namespace {

// tanh(u) = 1 - 2 / (1 + exp(2u)): right at both ends, since exp saturates to 0 and infinity.
Expr tanh_by_exp(const Expr& u) { return 1.0f - 2.0f / (1.0f + Halide::exp(2.0f * u)); }

// x sigmoid(z) as one division: with a product of x and a reciprocal, the compiler may or may not
// turn it into this, and the bits would depend on the vector width.
Expr times_sigmoid(const Expr& x, const Expr& z) { return x / (1.0f + Halide::exp(-z)); }

// GELU, tanh form (Hendrycks and Gimpel 2016): x/2 (1 + tanh u) = x sigmoid(2u),
// u = sqrt(2/pi) (x + 0.044715 x^3).
Expr gelu_tanh(const Expr& x) {
  const auto root = static_cast<float>(2.0 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
  return times_sigmoid(x, root * (x + 0.044715f * x * x * x));
}

}  // namespace

Expr activate(const Expr& x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::gelu_erf: {
      const auto inv_sqrt2 = static_cast<float>(1.0 / std::numbers::sqrt2);
      return 0.5f * x * (1.0f + Halide::erf(x * inv_sqrt2));
    }
    case Activation::gelu_tanh:
      return gelu_tanh(x);
    case Activation::quick_gelu:
      return times_sigmoid(x, 1.702f * x);
    case Activation::relu:
      return Halide::max(x, 0.0f);
    case Activation::silu:
      return times_sigmoid(x, x);
    case Activation::tanh:
      return tanh_by_exp(x);
  }
  return x;
}

}  // namespace vitgen
