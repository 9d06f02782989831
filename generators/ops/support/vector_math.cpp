#include "generators/ops/support/vector_math.h"

#include <numbers>
#include <span>

namespace vitgen {

using Halide::Expr;
using Halide::Internal::Call;

namespace {

/// a op b, rounded by itself: neither regrouped nor fused. `strict_float` would reach into both
/// operands as well.
Expr strict(Call::IntrinsicOp op, const Expr& a, const Expr& b) {
  return Call::make(a.type(), op, {a, b}, Call::PureIntrinsic);
}
Expr product(const Expr& a, const Expr& b) { return strict(Call::strict_mul, a, b); }

/// coefficients[0] + coefficients[1] x + ... by Horner's rule.
Expr polynomial(const Expr& x, std::span<const float> coefficients) {
  Expr sum = coefficients.back();
  for (std::size_t i = coefficients.size() - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

// 2^y = 2^n 2^r with n the integer nearest to y, -127 <= y <= 128. The sum with kShift, whose last
// bit is worth 1, rounds y to n, and n + 127 are its low bits: shifted to the exponent they are
// 2^n, with 0 and infinity at the two ends.
Expr exp2_inside(const Expr& y) {
  constexpr float kShift = 0x1.8p23F + 127;
  // Least relative error of degree 6 on |r| <= 1/2 (Remez): 0.03 u, 1.32 u with its roundings.
  static constexpr float kPowers[] = {
      1.0f,           0.6931471825f,   0.2402264625f, 0.05550328642f, 0.009618489072f,
      0.00133999309f, 0.0001534581388f};
  const Expr shifted = strict(Call::strict_add, y, kShift);
  const Expr n = strict(Call::strict_sub, shifted, kShift);
  const Expr power = Halide::reinterpret<float>(Halide::reinterpret<std::int32_t>(shifted) << 23);
  // Not as power + (p - 1) power, which a compiler may make of it: 0 times infinity is no number.
  return product(polynomial(y - n, kPowers), power);
}

}  // namespace

Expr strict_product(const Expr& a, const Expr& b) { return product(a, b); }

Expr exp2_of(const Expr& y) { return exp2_inside(Halide::clamp(y, -127.0f, 128.0f)); }

Expr exp2_of_nonpositive(const Expr& y) { return exp2_inside(Halide::max(y, -127.0f)); }

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

// y, but x where x is NaN. By its bits, since Halide tells LLVM that comparisons of floats see no
// NaN; and strict comparisons have no vectors.
Expr unless_nan(const Expr& x, const Expr& y) {
  const Halide::Type bits = Halide::Int(32);
  const Expr magnitude = Halide::reinterpret(bits, x) & 0x7fffffff;
  const int infinity = 0x7f800000;
  return Halide::reinterpret(Halide::Float(32),
                             Halide::select(magnitude > infinity, Halide::reinterpret(bits, x),
                                            Halide::reinterpret(bits, y)));
}

// tanh |x| = 1 - 2 / (1 + exp 2|x|), right at the far end since exp saturates to infinity. Near 0
// that difference has no correct bit left; there x + x^3 p(x^2), with p the polynomial of degree 4
// of least relative error on |x| < 0.7 (Remez; 0.24 u, 1.8 u with its roundings in f32). At 0.7,
// where the difference is worst, (1 - tanh^2) / 2 of the 4.3 u of exp and twice 1 - tanh are 2.16
// u, over tanh 3.6 u, and the difference rounds.
Expr tanh_of(const Expr& x) {
  static constexpr float kPowers[] = {-0.3333319724f, 0.1332924366f, -0.05356698856f,
                                      0.02011165954f, -0.005155114457f};
  const Expr z = x * x;
  const Expr p = polynomial(z, kPowers);
  const Expr magnitude = Halide::abs(x);
  const Expr far = 1.0f - 2.0f / (1.0f + exp_of(2.0f * magnitude));
  return unless_nan(x, Halide::select(magnitude < 0.7f, x + Halide::strict_float(x * z) * p,
                                      Halide::select(x < 0.0f, -far, far)));
}

}  // namespace vitgen
