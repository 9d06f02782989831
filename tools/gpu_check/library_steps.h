#pragma once
// The steps of a library with their specs, from its manifest. What is in a spec only an op's own
// code knows, and this program has none.

#include <string>
#include <vector>

#include "generators/base/json.h"
#include "generators/base/op_spec.h"

namespace vitgen {

struct LibraryStep {
  std::string name;
  int batch = 1;
  OpSpec spec;
};

/// In the order in which the library counts them. Errors: the manifest's.
std::vector<LibraryStep> library_steps(const JsonFile& manifest);

/// The batch sizes that the library has kernels for.
std::vector<int> library_batches(const JsonFile& manifest);

/// What activations are in memory.
DType library_precision(const JsonFile& manifest);

}  // namespace vitgen
