#pragma once
// A weights file of made-up values for a library that came without: what a benchmark needs, and a
// hundred megabytes less to carry to the machine that runs it.

#include <cstdint>
#include <string>

namespace vitgen {

/// Writes NAME.weights beside the manifest. Each packed tensor has the values that
/// generators/weights/random_weights.h gives its name and shape, so activations keep a deviation
/// near 1. The same for the same seed. The file says that it is the one that the library was made
/// with, or the library would refuse it: who has the content checked at open is told the truth.
/// Errors: the manifest's, io IO_*.
void write_random_weights(const std::string& directory, std::uint64_t seed);

}  // namespace vitgen
