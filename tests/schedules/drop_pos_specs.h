#pragma once
// Shapes of the ops that mask tokens and judge positions.

#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "generators/base/op_spec.h"

namespace vitgen {

/// Empty for other ops.
std::vector<OpSpec> drop_pos_edge_specs(std::string_view op);

/// Nothing for other ops.
std::optional<OpSpec> random_drop_pos_spec(std::string_view op, std::mt19937& random);

}  // namespace vitgen
