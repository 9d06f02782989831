#pragma once

#include "generators/plan/plan.h"

namespace vitgen {

/// Where linears alone read a LayerNorm's result: W (g z + b) + c = (W diag g) z + (W b + c), with
/// z the normalised row. The LayerNorm loses gain and bias, the linears get other weights.
void norm_into_linear(Plan& plan);

}  // namespace vitgen
