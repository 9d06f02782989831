#include "schedules/cuda/series_patches.h"

#include "schedules/rule.h"
#include "schedules/support/gpu_series.h"

namespace vitgen {

std::optional<ThreadKnobs> CudaSeriesPatches::defaults(const Spec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::gpu || spec.batch > kMostBlocksAcross) return std::nullopt;
  const std::int64_t steps = std::int64_t{spec.patch} * spec.patches();
  return ThreadKnobs{.threads = threads_for_block(steps, machine)};
}

std::vector<ThreadKnobs> CudaSeriesPatches::space(const Spec& spec, const Machine& machine) {
  return thread_space(*defaults(spec, machine), machine);
}

void CudaSeriesPatches::apply(SeriesPatches& op, const Spec& spec, const Machine& machine,
                              const Knobs& knobs) {
  require_threads(knobs.threads, machine);
  require_knobs(spec.batch <= kMostBlocksAcross, "at most 65535 series");
  Halide::Var all("all");
  op.output.fuse(op.p, op.t, all);
  const SharedLoop steps{all, spec.patch * spec.patches(), knobs.threads};
  steps.split(op.output);
  op.output.gpu_blocks(op.v, op.b);
  compute_stats_in_thread(op.stats, op.output, steps.thread, spec.length);
}

}  // namespace vitgen
