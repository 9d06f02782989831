#pragma once

#include "generators/plan/plan.h"

namespace vitgen {

/// Where attention alone reads the result of one linear that has neither activation nor residual:
/// the rows of its weight and bias that make q are multiplied by scale log2(e), so that scores come
/// out as exponents of two.
void scale_into_query(Plan& plan);

}  // namespace vitgen
