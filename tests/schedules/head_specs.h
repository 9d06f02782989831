#pragma once
// Shapes of the ops that stand at the ends of a network.

#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "generators/base/op_spec.h"

namespace vitgen {

/// Small shapes; none for other ops.
std::vector<OpSpec> head_edge_specs(std::string_view op);

/// One of them.
std::optional<OpSpec> random_head_spec(std::string_view op, std::mt19937& random);

}  // namespace vitgen
