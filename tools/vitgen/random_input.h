#pragma once
// Inputs without pictures.

#include <cstddef>
#include <vector>

#include "tools/vitgen/loaded_library.h"

namespace vitgen {

/// n times one input of normal noise, what normalised images look like to the first layer, or of
/// random bytes where it takes pixels. The same for the same seed.
std::vector<std::byte> random_input(const TensorPort& input, std::size_t n, unsigned seed);

/// n times each input of a library.
struct RandomInputs {
  RandomInputs(const LoadedLibrary& library, std::size_t n, unsigned seed);
  std::vector<std::vector<std::byte>> values;
  std::vector<const void*> pointers;
};

}  // namespace vitgen
