#pragma once
// y[b][v][t][p] = z[b][min(t stride + p, length - 1)][v],
// z[b][i][v] = (x[b][i][v] - mean[b][v]) / deviation[b][v] * gain[v] + bias[v]
// Patches of each variable of a series by itself, after reversible instance normalisation (RevIN,
// Kim et al. 2022; statistics in generators/ops/support/series_stats.h). What a patch has past the
// end repeats the last value (PatchMixer, Gong et al. 2023: one stride of replicate padding).

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/series_stats.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct SeriesPatchesSpec {
  static constexpr std::string_view op = "series_patches";
  int batch = 1;
  int length = 336;  ///< steps of time
  int variables = 7;
  int patch = 16;  ///< steps of a patch
  int stride = 8;
  float eps = 1e-5f;
  DType storage = DType::f32;

  /// Patches that begin inside the series extended by one stride.
  int patches() const { return (length - patch) / stride + 2; }

  bool valid() const {
    return are_extents({batch, length, variables, patch, stride}) && patch <= length &&
           stride <= length && are_extents({std::int64_t{batch} * variables}) &&
           is_storage(storage);
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("length", length);
    v("variables", variables);
    v("patch", patch);
    v("stride", stride);
    v("eps", eps);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const SeriesPatchesSpec&) const = default;
};

/// series {variables, length, batch}, gain {variables}, bias {variables},
/// output {patch, patches, variables, batch} in storage.
std::vector<Operand> operands(const SeriesPatchesSpec& spec);
double flops(const SeriesPatchesSpec& spec);

struct SeriesPatches {
  Algorithm algorithm;
  SeriesStats stats;
  Halide::Func output;
  Halide::Var p, t, v, b;
};

SeriesPatches define(const SeriesPatchesSpec& spec);

}  // namespace vitgen
