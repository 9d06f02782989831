#pragma once
// for image, for variable                   gpu blocks
//   for step of its patches                 gpu threads; each computes mean and deviation by itself
// Bound: latency of two sums over time, which have one order.

#include <optional>
#include <vector>

#include "generators/ops/series_patches.h"
#include "schedules/support/gpu_block.h"

namespace vitgen {

struct CudaSeriesPatches {
  static constexpr std::string_view name = "cuda/series_patches";
  using Spec = SeriesPatchesSpec;
  using Knobs = ThreadKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(SeriesPatches& op, const Spec& spec, const Machine& machine,
                    const Knobs& knobs);
};

}  // namespace vitgen
