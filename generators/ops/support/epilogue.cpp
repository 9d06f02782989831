#include "generators/ops/support/epilogue.h"

#include "generators/ops/support/vector_math.h"

namespace vitgen {

using Halide::Expr;

namespace {

// x sigmoid(z) as one division: with a product of x and a reciprocal, the compiler may or may not
// turn it into this, and the bits would depend on the vector width.
Expr times_sigmoid(const Expr& x, const Expr& z) { return x / (1.0f + exp_of(-z)); }

Expr gelu_tanh(const Expr& x) {
  const Expr cube = Halide::strict_float(x * x * x);  // left to itself, a compiler regroups it
  return times_sigmoid(x, kGeluScale * (x + kGeluCubic * cube));
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
      return times_sigmoid(x, kQuickGelu * x);
    case Activation::relu:
      return unless_nan(x, Halide::max(x, 0.0f));
    case Activation::silu:
      return times_sigmoid(x, x);
    case Activation::tanh:
      return tanh_of(x);
  }
  return x;
}

}  // namespace vitgen
