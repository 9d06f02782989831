#pragma once
// Shapes of the ops that stand between the linears of a block.

#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "generators/base/op_spec.h"

namespace vitgen {

/// Small shapes; none for other ops.
std::vector<OpSpec> block_edge_specs(std::string_view op);

/// Those of published models.
std::vector<OpSpec> block_model_specs(std::string_view op);

std::optional<OpSpec> random_block_spec(std::string_view op, std::mt19937& random);

}  // namespace vitgen
