#pragma once

#include "generators/plan/plan.h"

namespace vitgen {

/// linear -> LayerNorm -> linears, in 16 bits and without gain and bias: the first linear also
/// writes statistics of its rows, the others read the rows as they are and make the product of
/// normalised ones of their sums (generators/ops/linear.h). The LayerNorm goes, and with it a
/// reading and a writing of all rows. Left alone where anything else reads the normed rows, where
/// they are an output, and in f32, whose products have no such epilogue.
void norm_into_epilogue(Plan& plan);

}  // namespace vitgen
