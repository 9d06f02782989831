#pragma once
// From a plan in f32 to the same plan with 16-bit activations and matrices.

#include "generators/plan/plan.h"

namespace vitgen {

/// Makes `storage` the type of what steps hand to each other and of the matrices of products; what
/// goes in and comes out stays f32. A value that something reads in f32, such as an output, is
/// computed in f32 where the step can do so and nothing else reads it, and is widened by a step of
/// its own where not. To be called before weights are shared.
void set_precision(Plan& plan, DType storage);

}  // namespace vitgen
