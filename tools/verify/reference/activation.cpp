#include "tools/verify/reference/activation.h"

#include <numbers>

namespace vitgen {

namespace {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

struct Activated {
  double y = 0;
  double slope = 0;  ///< the largest over all x
  double error = 0;  ///< of the f32 evaluation, in units of u
};

// The inner function is in [0, 1] (erf, sigmoid) or [-1, 1] (tanh) and off by at most 8 u, as
// Halide states for erf; exp's 2 ulp and the rounding of its argument stay below that, since |z|
// sigma(z) (1 - sigma(z)) < 0.23. Of tanh alone the error is relative: 1.8 u below 0.7, and above
// it exp's share is (1 - tanh^2) / tanh < 1.1 times its 4 u.
constexpr double kInnerError = 8.0;

/// y = x times an inner function in [0, 1]. The slopes of GELU end at 1.129 (x = sqrt 2), those of
/// the others at 1.10.
Activated gated(double x, double y) {
  return {y, 1.13, std::abs(x) * (1.0 + kInnerError) + 2.0 * std::abs(y)};
}

// No default: the compiler names what a new enumerator lacks.
Activated activated(double x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return {x, 1.0, 0.0};
    case Activation::gelu_erf:
      return gated(x, 0.5 * x * std::erfc(-x / std::numbers::sqrt2));
    case Activation::gelu_tanh: {
      const double root = std::sqrt(2.0 / std::numbers::pi);
      return gated(x, 0.5 * x * (1.0 + std::tanh(root * (x + 0.044715 * x * x * x))));
    }
    case Activation::quick_gelu:
      return gated(x, x * sigmoid(1.702 * x));
    case Activation::relu:
      return {std::isnan(x) ? x : std::max(x, 0.0), 1.0, 0.0};
    case Activation::silu:
      return gated(x, x * sigmoid(x));
    case Activation::tanh:
      return {std::tanh(x), 1.0, kInnerError * std::abs(std::tanh(x))};
  }
  return {};
}

}  // namespace

ReferenceValue reference_activation(const ReferenceValue& x, Activation activation) {
  const Activated value = activated(x.value, activation);
  return {value.y, value.slope * x.bound + kUnitRoundoff * value.error};
}

}  // namespace vitgen
