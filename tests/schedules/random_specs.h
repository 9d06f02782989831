#pragma once
// Shapes that nobody chose.

#include <random>

#include "generators/base/op_spec.h"

namespace vitgen {

/// A small spec of the op, every option drawn. Throws for an op that it does not know: a new op
/// brings its shapes.
OpSpec random_spec(std::string_view op, std::mt19937& random);

}  // namespace vitgen
