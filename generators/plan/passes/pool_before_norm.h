#pragma once

#include "generators/plan/plan.h"

namespace vitgen {

/// pool(norm(x)) -> norm(pool(x)) where the pooling only selects tokens: a LayerNorm treats each
/// token by itself, so the result has the same bits, from one or two rows instead of all. Left
/// alone when the normed tokens are read by anything else or are an output.
void pool_before_norm(Plan& plan);

}  // namespace vitgen
