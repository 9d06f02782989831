#pragma once
// What vitgen is meant to reach on an H200, and whether it did.

#include "generators/base/json.h"

namespace vitgen {

/// [{"aim", "measured", "met": true, false, or null where nothing was measured}] of the benchmarks
/// and the peers in a summary.
Json gpu_aims(const Json& bench, const Json& peers);

}  // namespace vitgen
