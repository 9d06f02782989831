#pragma once
// The schedule of a series' statistics, which two ops share.

#include "generators/ops/support/series_stats.h"

namespace vitgen {

/// Computes them once for each image, where `output` runs over its images; a loop over time with
/// the variables inside it, since they lie side by side.
void schedule_stats(SeriesStats& stats, Halide::Func& output, const Halide::Var& image,
                    int variables);

}  // namespace vitgen
