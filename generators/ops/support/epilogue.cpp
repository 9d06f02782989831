#include "generators/ops/support/epilogue.h"

#include <numbers>

#include "generators/ops/support/vector_math.h"

namespace vitgen {

using Halide::Expr;
using Halide::Type;

namespace {

// y, but x where x is NaN. By its bits, since Halide tells LLVM that comparisons of floats see no
// NaN; and strict comparisons have no vectors.
Expr unless_nan(const Expr& x, const Expr& y) {
  const Type bits = Halide::Int(32);
  const Expr magnitude = Halide::reinterpret(bits, x) & 0x7fffffff;
  const int infinity = 0x7f800000;
  return Halide::reinterpret(Halide::Float(32),
                             Halide::select(magnitude > infinity, Halide::reinterpret(bits, x),
                                            Halide::reinterpret(bits, y)));
}

// tanh |x| = 1 - 2 / (1 + exp 2|x|), right at the far end since exp saturates to infinity. Near 0
// that difference has no correct bit left; there x + x^3 p(x^2), with p the polynomial of degree 4
// of least relative error on |x| < 0.7 (Remez; 0.24 u, 1.8 u with its roundings in f32).
Expr tanh_everywhere(const Expr& x) {
  const Expr z = x * x;
  Expr p = -0.005155114457f;
  for (const float c : {0.02011165954f, -0.05356698856f, 0.1332924366f, -0.3333319724f}) {
    p = p * z + c;
  }
  const Expr magnitude = Halide::abs(x);
  const Expr far = 1.0f - 2.0f / (1.0f + exp_of(2.0f * magnitude));
  return unless_nan(x, Halide::select(magnitude < 0.7f, x + Halide::strict_float(x * z) * p,
                                      Halide::select(x < 0.0f, -far, far)));
}

// x sigmoid(z) as one division: with a product of x and a reciprocal, the compiler may or may not
// turn it into this, and the bits would depend on the vector width.
Expr times_sigmoid(const Expr& x, const Expr& z) { return x / (1.0f + exp_of(-z)); }

// GELU, tanh form (Hendrycks and Gimpel 2016): x/2 (1 + tanh u) = x sigmoid(2u),
// u = sqrt(2/pi) (x + 0.044715 x^3).
Expr gelu_tanh(const Expr& x) {
  const auto root = static_cast<float>(2.0 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
  const Expr cube = Halide::strict_float(x * x * x);  // left to itself, a compiler regroups it
  return times_sigmoid(x, root * (x + 0.044715f * cube));
}

}  // namespace

Expr activate(const Expr& x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::gelu_erf:
      return gelu_of(x);
    case Activation::gelu_tanh:
      return gelu_tanh(x);
    case Activation::quick_gelu:
      return times_sigmoid(x, 1.702f * x);
    case Activation::relu:
      return unless_nan(x, Halide::max(x, 0.0f));
    case Activation::silu:
      return times_sigmoid(x, x);
    case Activation::tanh:
      return tanh_everywhere(x);
  }
  return x;
}

}  // namespace vitgen
