#include "schedules/cuda/series_forecast.h"

#include "schedules/rule.h"
#include "schedules/support/gpu_series.h"

namespace vitgen {

std::optional<ThreadKnobs> CudaSeriesForecast::defaults(const Spec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::gpu || spec.batch > kMostBlocksAcross) return std::nullopt;
  return ThreadKnobs{.threads = threads_for_block(spec.horizon, machine)};
}

std::vector<ThreadKnobs> CudaSeriesForecast::space(const Spec& spec, const Machine& machine) {
  return thread_space(*defaults(spec, machine), machine);
}

void CudaSeriesForecast::apply(SeriesForecast& op, const Spec& spec, const Machine& machine,
                               const Knobs& knobs) {
  require_threads(knobs.threads, machine);
  require_knobs(spec.batch <= kMostBlocksAcross, "at most 65535 series");
  const SharedLoop steps{op.f, spec.horizon, knobs.threads};
  steps.split(op.output);
  op.output.reorder(steps.step, steps.thread, op.v, op.b).gpu_blocks(op.v, op.b);
  compute_stats_in_thread(op.stats, op.output, steps.thread, spec.length);
}

}  // namespace vitgen
