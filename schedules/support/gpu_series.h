#pragma once
// The statistics of a series on a GPU, which two ops share.

#include "generators/ops/support/series_stats.h"

namespace vitgen {

/// Computes them in each iteration of `thread`, a loop of `output` inside those over variables and
/// images: the threads of a block read the same values at the same time.
void compute_stats_in_thread(SeriesStats& stats, Halide::Func& output, const Halide::Var& thread,
                             int length);

}  // namespace vitgen
