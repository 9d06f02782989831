#pragma once
// What the GPU can do at most, and how near to it a library's kernels come.

#include <string>

#include "generators/base/json.h"

namespace vitgen {

/// Measures the GPU by the kernels of the library's variant `isa`, or of the best that it runs:
/// {"library", "isa", "factors", "tflops", "l2_gbs", "memory_gbs", "kernels": [{"spec", "bytes"}]}.
/// Errors: the manifest's, GPU_ROOFS, IO_*, GPU_NONE, GPU_CALL; target GPU_VARIANT (no variant for
/// this GPU).
Json measure_roofs(const std::string& directory, const std::string& isa);

/// Puts into each library of `bench` the roofs that were measured of it, and into its kernels
/// "peak_percent", "gbs" and "memory_percent". Without roofs a library stays as it is.
void join_roofs(Json& bench, const Json& roofs);

}  // namespace vitgen
