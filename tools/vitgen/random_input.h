#pragma once
// Inputs without pictures.

#include <cstddef>
#include <vector>

#include "tools/vitgen/loaded_library.h"

namespace vitgen {

/// n inputs of normal noise, what normalised images look like to the first layer, or of random
/// bytes for a library that takes pixels. The same for the same seed.
std::vector<std::byte> random_input(const TensorPort& input, std::size_t n, unsigned seed);

}  // namespace vitgen
