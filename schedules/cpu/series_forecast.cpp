#include "schedules/cpu/series_forecast.h"

#include "schedules/support/series.h"

namespace vitgen {

std::optional<CpuSeriesForecast::Knobs> CpuSeriesForecast::defaults(const SeriesForecastSpec&,
                                                                    const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  return Knobs{};
}

void CpuSeriesForecast::apply(SeriesForecast& op, const SeriesForecastSpec& spec, const Machine&,
                              const Knobs&) {
  op.output.parallel(op.b);
  schedule_stats(op.stats, op.output, op.b, spec.variables);
}

}  // namespace vitgen
