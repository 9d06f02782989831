#pragma once
// The shapes at which every op is tried, by op name.

#include <vector>

#include "generators/base/op_spec.h"

namespace vitgen {

/// Edge shapes of the op: 1, 2, vector width and its neighbours, odd sizes, every option. An op
/// without an entry fails the walk of the tables: a new op brings its shapes.
std::vector<OpSpec> edge_specs(std::string_view op);

/// Shapes of published models: 50, 197 and 577 tokens, widths 192 to 1280.
std::vector<OpSpec> model_specs(std::string_view op);

}  // namespace vitgen
