#include "schedules/cpu/series_patches.h"

#include "schedules/support/series.h"

namespace vitgen {

std::optional<CpuSeriesPatches::Knobs> CpuSeriesPatches::defaults(const SeriesPatchesSpec&,
                                                                  const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  return Knobs{};
}

void CpuSeriesPatches::apply(SeriesPatches& op, const SeriesPatchesSpec& spec, const Machine&,
                             const Knobs&) {
  op.output.parallel(op.b);
  schedule_stats(op.stats, op.output, op.b, spec.variables);
}

}  // namespace vitgen
