#pragma once
// for image                                 parallel
//   mean and deviation of each variable     over time, variables side by side
//   for variable, patch, step
// Bound: memory; the series are read twice, from L1 or L2.

#include <optional>

#include "generators/ops/series_patches.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuSeriesPatches {
  static constexpr std::string_view name = "cpu/series_patches";
  using Spec = SeriesPatchesSpec;
  struct Knobs {
    template <class V>
    void visit(V&) {}
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static void apply(SeriesPatches& op, const Spec& spec, const Machine& machine,
                    const Knobs& knobs);
};

}  // namespace vitgen
