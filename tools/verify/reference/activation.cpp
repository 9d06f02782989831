#include "tools/verify/reference/activation.h"

#include <numbers>

namespace vitgen {

namespace {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

double exact(double x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::gelu_erf:
      return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
    case Activation::gelu_tanh: {
      const double root = std::sqrt(2.0 / std::numbers::pi);
      return 0.5 * x * (1.0 + std::tanh(root * (x + 0.044715 * x * x * x)));
    }
    case Activation::quick_gelu:
      return x * sigmoid(1.702 * x);
    case Activation::relu:
      return std::isnan(x) ? x : std::max(x, 0.0);
    case Activation::silu:
      return x * sigmoid(x);
    case Activation::tanh:
      return std::tanh(x);
  }
  return x;
}

// Largest slope of each function over all x.
double slope(Activation activation) {
  switch (activation) {
    case Activation::none:
    case Activation::relu:
    case Activation::tanh:
      return 1.0;
    default:
      return 1.13;
  }
}

// Error of the f32 evaluation in units of u: the inner function is in [0, 1] (erf, sigmoid) or
// [-1, 1] (tanh) and off by at most 8 u, as Halide states for erf; exp's 2 ulp and the rounding of
// its argument stay below that, since |z| sigma(z) (1 - sigma(z)) < 0.23.
constexpr double kInnerError = 8.0;

double evaluation(double x, double y, Activation activation) {
  switch (activation) {
    case Activation::none:
    case Activation::relu:
      return 0;
    case Activation::tanh:
      return kInnerError;
    default:
      return std::abs(x) * (1.0 + kInnerError) + 2.0 * std::abs(y);
  }
}

}  // namespace

ReferenceValue reference_activation(const ReferenceValue& x, Activation activation) {
  const double y = exact(x.value, activation);
  return {y, slope(activation) * x.bound + kUnitRoundoff * evaluation(x.value, y, activation)};
}

}  // namespace vitgen
