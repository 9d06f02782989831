#pragma once
// Activations in double, with how an error of the argument and of the f32 evaluation shows.

#include "generators/ops/support/epilogue.h"
#include "tools/verify/reference/reference.h"

namespace vitgen {

/// activation(x), where x itself may be off by x.bound.
ReferenceValue reference_activation(const ReferenceValue& x, Activation activation);

}  // namespace vitgen
