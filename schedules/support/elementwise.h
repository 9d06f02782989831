#pragma once
// Directives that several schedules share.

#include <Halide.h>

namespace vitgen {

/// The widest power-of-two vector, at most `lanes`, that divides `extent`.
int exact_lanes(int extent, int lanes);

/// Vectorises a dimension of known extent without a tail.
void vectorize_exact(Halide::Func& func, const Halide::Var& var, int extent, int lanes);

}  // namespace vitgen
