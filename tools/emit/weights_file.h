#pragma once
// NAME.weights: a page with vitgen_weights_header, then each weight once at a page-aligned offset.

#include <functional>
#include <string>
#include <vector>

#include "generators/base/output_set.h"
#include "generators/base/sha256.h"
#include "generators/plan/plan.h"
#include "tools/emit/progress.h"

namespace vitgen {

struct WeightPlace {
  std::uint64_t offset = 0;  ///< from the start of the file
  std::uint64_t bytes = 0;
};

struct WeightsLayout {
  std::vector<WeightPlace> places;  ///< one per weight, in the plan's order
  std::uint64_t file_bytes = 0;     ///< a whole number of pages
  Digest hash{};                    ///< SHA-256 of names, extents, offsets and sizes as text
};

WeightsLayout weights_layout(const std::vector<Weight>& weights);

/// Writes the file at the end of `out`, one tensor in memory at a time. Returns the SHA-256 of all
/// bytes after the header's page. Errors: bad_input WEIGHT_SIZE, io IO_*, and those of `evaluate`.
Digest write_weights(FileWriter& out, std::string_view model_name,
                     const std::vector<Weight>& weights, const WeightsLayout& layout,
                     const std::function<HostTensor(const Weight&)>& evaluate, Progress& progress);

}  // namespace vitgen
