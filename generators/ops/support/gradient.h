#pragma once
// What a gradient is made of.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/epilogue.h"

namespace vitgen {

/// One kernel of an op's gradient: its arguments, the output last, and its definition.
struct GradientKernel {
  std::vector<Operand> operands;
  Algorithm algorithm;
};

/// activation'(x); of relu at 0: 0.
Halide::Expr activation_slope(const Halide::Expr& x, Activation activation);

}  // namespace vitgen
