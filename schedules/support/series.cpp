#include "schedules/support/series.h"

namespace vitgen {

void schedule_stats(SeriesStats& stats, Halide::Func& output, const Halide::Var& image,
                    int variables) {
  for (Halide::Func func : {stats.total, stats.mean, stats.squares, stats.deviation}) {
    func.compute_at(output, image).bound_extent(stats.v, variables);
    if (func.has_update_definition()) func.update().reorder(stats.v, stats.time);
  }
}

}  // namespace vitgen
