#include "schedules/support/gpu_series.h"

#include "schedules/support/gpu_block.h"

namespace vitgen {

void compute_stats_in_thread(SeriesStats& stats, Halide::Func& output, const Halide::Var& thread,
                             int length) {
  for (Halide::Func func : stats.stages()) func.compute_at(output, thread);
  for (Halide::Func sum : {stats.total, stats.squares}) {
    sum.update().unroll(stats.time, largest_divisor(length, kReadsUnderWay));
  }
}

}  // namespace vitgen
