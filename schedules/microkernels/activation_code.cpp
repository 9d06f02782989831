#include "schedules/microkernels/activation_code.h"

#include <numbers>

namespace vitgen::microkernels {

using llvm::Value;

namespace {

class Activations {
 public:
  Activations(FloatCode& floats, llvm::IRBuilder<>& ir) : f_(floats), ir_(ir) {}

  // Phi(-a) = erfc(a / sqrt 2) / 2 for a >= 0 by Abramowitz and Stegun 7.1.26, whose erfc is off by
  // 1.5e-7; its coefficients are halved here.
  Value* gelu_erf(Value* x) {
    static constexpr double kPowers[] = {0.254829592 / 2, -0.284496736 / 2, 1.421413741 / 2,
                                         -1.453152027 / 2, 1.061405429 / 2};
    constexpr double kSlope = 0.3275911 / std::numbers::sqrt2;
    Value* a = f_.magnitude(x);
    Value* t = f_.reciprocal(f_.multiply_add(a, f_.constant(kSlope), f_.constant(1.0)));
    Value* powers = ir_.CreateFMul(t, f_.polynomial(t, kPowers));
    Value* exponent = ir_.CreateFMul(ir_.CreateFMul(a, a), f_.constant(-std::numbers::log2e / 2));
    Value* tail = ir_.CreateFMul(powers, f_.power_of_two(exponent));
    Value* rest = ir_.CreateFSub(f_.constant(1.0), tail);
    return ir_.CreateFMul(x, ir_.CreateSelect(negative(x), tail, rest));
  }

  /// x sigmoid(scale z)
  Value* times_sigmoid(Value* x, Value* z, double scale) {
    Value* power = f_.power_of_two(ir_.CreateFMul(z, f_.constant(-scale * std::numbers::log2e)));
    return ir_.CreateFMul(x, f_.reciprocal(ir_.CreateFAdd(power, f_.constant(1.0))));
  }

  Value* gelu_tanh(Value* x) {
    constexpr double kScale = 2.0 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
    constexpr double kCubic = 0.044715;
    Value* cube = ir_.CreateFMul(ir_.CreateFMul(x, x), x);
    return times_sigmoid(x, f_.multiply_add(cube, f_.constant(kCubic), x), kScale);
  }

  // Below 0.7 the fifth convergent of Lambert's continued fraction x / (1 + x^2 / (3 + x^2 / (5 +
  // ...))), 0.04 u off there; above, 1 - 2 / (1 + e^2x), of which less than half is subtracted.
  Value* tanh(Value* x) {
    static constexpr double kAbove[] = {945, 105, 1};
    static constexpr double kBelow[] = {945, 420, 15};
    Value* square = ir_.CreateFMul(x, x);
    Value* inverse = f_.reciprocal(f_.polynomial(square, kBelow));
    Value* near = ir_.CreateFMul(ir_.CreateFMul(x, f_.polynomial(square, kAbove)), inverse);
    Value* a = f_.magnitude(x);
    Value* power = f_.power_of_two(ir_.CreateFMul(a, f_.constant(2.0 * std::numbers::log2e)));
    Value* share = f_.reciprocal(ir_.CreateFAdd(power, f_.constant(1.0)));
    Value* far = f_.multiply_add(share, f_.constant(-2.0), f_.constant(1.0));
    Value* with_sign = ir_.CreateSelect(negative(x), ir_.CreateFNeg(far), far);
    return ir_.CreateSelect(ir_.CreateFCmpOLT(a, f_.constant(0.7)), near, with_sign);
  }

  Value* relu(Value* x) { return ir_.CreateSelect(negative(x), f_.constant(0.0), x); }

 private:
  Value* negative(Value* x) { return ir_.CreateFCmpOLT(x, f_.constant(0.0)); }

  FloatCode& f_;
  llvm::IRBuilder<>& ir_;
};

}  // namespace

Value* activate(FloatCode& floats, llvm::IRBuilder<>& ir, Value* x, DeviceActivation activation) {
  constexpr double kQuickGelu = 1.702;
  Activations activations(floats, ir);
  switch (activation) {
    case DeviceActivation::none:
      return x;
    case DeviceActivation::gelu_erf:
      return activations.gelu_erf(x);
    case DeviceActivation::gelu_tanh:
      return activations.gelu_tanh(x);
    case DeviceActivation::quick_gelu:
      return activations.times_sigmoid(x, x, kQuickGelu);
    case DeviceActivation::relu:
      return activations.relu(x);
    case DeviceActivation::silu:
      return activations.times_sigmoid(x, x, 1.0);
    case DeviceActivation::tanh:
      return activations.tanh(x);
  }
  return x;
}

}  // namespace vitgen::microkernels
