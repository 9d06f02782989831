#include "tools/measure/bench_record.h"

#include "generators/base/error.h"
#include "generators/base/visit.h"
#include "tools/measure/statistics.h"

namespace vitgen {

RunTimes run_times(const std::vector<double>& ms) {
  return {.runs = static_cast<int>(ms.size()),
          .min = percentile(ms, 0),
          .p10 = percentile(ms, 10),
          .p25 = percentile(ms, 25),
          .p50 = percentile(ms, 50),
          .p75 = percentile(ms, 75),
          .p90 = percentile(ms, 90),
          .p99 = percentile(ms, 99),
          .max = percentile(ms, 100)};
}

double CellTimes::flops() const {
  double sum = 0;
  for (const StepTime& step : steps) sum += step.cost.flops;
  return sum;
}

double CellTimes::gflops() const { return ms.p50 > 0 ? flops() / ms.p50 * 1e-6 : 0; }

double CellTimes::images_per_s() const { return ms.p50 > 0 ? batch / ms.p50 * 1e3 : 0; }

double CellTimes::steps_ms() const {
  double sum = 0;
  for (const StepTime& step : steps) sum += step.cost.ms;
  return sum;
}

const MachinePeaks& BenchRecord::peaks_of(int threads) const {
  for (const MachinePeaks& each : peaks) {
    if (each.threads == threads) return each;
  }
  throw Error(ExitCode::internal, "BENCH_PEAKS",
              "no peak was measured for " + std::to_string(threads) + " threads");
}

std::string BenchRecord::peak_words() const {
  if (!gpu || gpu->factors == DType::f32) return "multiply-adds";
  return std::string(enum_text(gpu->factors)) + " products";
}

}  // namespace vitgen
