#include "generators/ops/support/vector_math.h"

#include <numbers>
#include <span>

namespace vitgen {

using Halide::Expr;

namespace {

/// coefficients[0] + coefficients[1] x + ... by Horner's rule.
Expr polynomial(const Expr& x, std::span<const float> coefficients) {
  Expr sum = coefficients.back();
  for (std::size_t i = coefficients.size() - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

/// a b, rounded by itself: neither regrouped nor fused into a sum. `strict_float` would reach into
/// both factors as well.
Expr product(const Expr& a, const Expr& b) {
  using Halide::Internal::Call;
  return Call::make(a.type(), Call::strict_mul, {a, b}, Call::PureIntrinsic);
}

}  // namespace

// 2^y = 2^n 2^r with n the integer nearest to y. The exponent's bits 0 and 255 are 0 and infinity,
// which gives the function its ends.
Expr exp2_of(const Expr& y) {
  // Least relative error of degree 6 on |r| <= 1/2 (Remez): 0.03 u, 1.32 u with its roundings.
  static constexpr float kPowers[] = {
      1.0f,           0.6931471825f,   0.2402264625f, 0.05550328642f, 0.009618489072f,
      0.00133999309f, 0.0001534581388f};
  const Expr inside = Halide::clamp(y, -127.0f, 128.0f);
  const Expr n = Halide::round(inside);
  const Expr power = Halide::reinterpret<float>((Halide::cast<std::int32_t>(n) + 127) << 23);
  // Not as power + (p - 1) power, which a compiler may make of it: 0 times infinity is no number.
  return product(polynomial(inside - n, kPowers), power);
}

Expr exp_of(const Expr& x) { return exp2_of(x * static_cast<float>(std::numbers::log2e)); }

// x Phi(x) = x/2 + |x| h(|x|) with h(a) = erf(a / sqrt 2) / 2, which is a p(a^2) up to a = kEnd and
// the same f32 as 1/2 beyond: then negative x give an exact zero. Products are strict where three
// factors or two products of a sum meet, since a compiler picks by vector width which it takes
// first.
Expr gelu_of(const Expr& x) {
  constexpr float kEnd = 5.27f;
  constexpr float kToUnit = 0.07201265f;  // 2 / kEnd^2: a^2 to [-1, 1], where Horner is stable
  // Least absolute error of a p on [0, kEnd] (Remez) with the last but one coefficient raised by
  // 3.4e-8, so that h(kEnd) is 1/2 to the bit. In all 3.5 u.
  static constexpr float kHalfErf[] = {
      0.1341498196f,   -0.06688227504f,  0.04949120805f,  -0.03970056772f,  0.03208862618f,
      -0.02509759553f, 0.01846627519f,   -0.01312920079f, 0.009284076281f,  -0.005261708051f,
      0.001889222767f, -0.001363198273f, 0.001540031168f, -0.0005980544956f};
  const Expr magnitude = Halide::abs(x);
  const Expr a = Halide::min(magnitude, kEnd);
  const Expr unit = product(a, a) * kToUnit - 1.0f;
  const Expr half_erf = product(a, polynomial(unit, kHalfErf));
  return magnitude * half_erf + product(x, 0.5f);
}

}  // namespace vitgen
