#pragma once
// Elementary functions as multiply-adds on whole vectors: Halide's own cost about twice as much,
// and its tanh is a call per lane. Every error is stated in u = 2^-24 and tested over all exponents
// in tests/schedules/vector_math_test.cpp.

#include <Halide.h>

namespace vitgen {

/// a b, rounded by itself: neither regrouped nor fused with what is about it.
Halide::Expr strict_product(const Halide::Expr& a, const Halide::Expr& b);

/// 2^y with a relative error of at most 1.5 u, of 3 u below y = -126, where results have fewer
/// bits; 0 from y = -126.5 down, infinity above 127.5.
Halide::Expr exp2_of(const Halide::Expr& y);

/// exp2_of for y <= 0, to the bit, without the look at the upper end.
Halide::Expr exp2_of_nonpositive(const Halide::Expr& y);

/// e^x = 2^(x log2 e). The rounding of that product adds |x| u to the 1.5 u of exp2_of: enough
/// where the result is added to 1, as in a sigmoid, or x itself is known no better, as in a
/// softmax.
Halide::Expr exp_of(const Halide::Expr& x);

/// x Phi(x), Phi the normal distribution's, off by at most 4 u |x| + u |x Phi(x)|.
Halide::Expr gelu_of(const Halide::Expr& x);

/// tanh x with a relative error of at most 5 u, of 1.8 u below 0.7; NaN of NaN.
Halide::Expr tanh_of(const Halide::Expr& x);

/// y, but x where x is NaN.
Halide::Expr unless_nan(const Halide::Expr& x, const Halide::Expr& y);

}  // namespace vitgen
