#pragma once
// for image                                 parallel
//   mean and deviation of each variable     over time, variables side by side
//   for step, variable
// Bound: memory; the series are read twice, from L1 or L2.

#include <optional>

#include "generators/ops/series_forecast.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuSeriesForecast {
  static constexpr std::string_view name = "cpu/series_forecast";
  using Spec = SeriesForecastSpec;
  struct Knobs {
    template <class V>
    void visit(V&) {}
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static void apply(SeriesForecast& op, const Spec& spec, const Machine& machine,
                    const Knobs& knobs);
};

}  // namespace vitgen
