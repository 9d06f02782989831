#pragma once
// y[b][f][v] = (forecast[b][v][f] - bias[v]) / (gain[v] + eps^2) * deviation[b][v] + mean[b][v]
// The normalisation of series_patches undone, with the statistics of the same series, variables
// innermost again (RevIN, Kim et al. 2022; eps^2 keeps a gain of zero from dividing).

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/series_stats.h"

namespace vitgen {

struct SeriesForecastSpec {
  static constexpr std::string_view op = "series_forecast";
  int batch = 1;
  int length = 336;  ///< steps of time that were seen
  int variables = 7;
  int horizon = 96;  ///< steps of time to come
  float eps = 1e-5f;

  bool valid() const {
    return are_extents({batch, length, variables, horizon}) &&
           are_extents({std::int64_t{batch} * variables});
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("length", length);
    v("variables", variables);
    v("horizon", horizon);
    v("eps", eps);
  }
  bool operator==(const SeriesForecastSpec&) const = default;
};

/// forecast {horizon, variables, batch}, series {variables, length, batch}, gain {variables},
/// bias {variables}, output {variables, horizon, batch}.
std::vector<Operand> operands(const SeriesForecastSpec& spec);
double flops(const SeriesForecastSpec& spec);

struct SeriesForecast {
  Algorithm algorithm;
  SeriesStats stats;
  Halide::Func output;
  Halide::Var v, f, b;
};

SeriesForecast define(const SeriesForecastSpec& spec);

}  // namespace vitgen
