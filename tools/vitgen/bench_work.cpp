#include "tools/vitgen/bench_work.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/ops/support/ops_table.h"
#include "tools/vitgen/bench_cell.h"

namespace vitgen {

namespace {

[[noreturn]] void of_another_library(const std::string& name, const std::string& what) {
  throw Error(ExitCode::bad_input, "BENCH_OTHER",
              fmt::format("{} was measured with another library: this one has no {}",
                          printable(name), what),
              "measure this one: vitgen bench DIR --format json -o FILE");
}

const OpSpec& spec_of(const KernelTime& kernel, const LibraryFacts& facts,
                      const std::string& name) {
  for (const KernelFacts& each : facts.kernels) {
    if (each.spec.text() == kernel.spec) return each.spec;
  }
  of_another_library(name, "kernel " + printable(kernel.spec, 300));
}

void count_cell(CellTimes& cell, const LibraryFacts& facts, const std::string& name) {
  const std::vector<int> calls = bucket_calls(facts, cell.batch);
  std::vector<int> of_kernel(cell.kernels.size(), 0);
  for (StepTime& step : cell.steps) {
    const auto bucket = std::ranges::find(facts.buckets, step.batch, &BucketFacts::batch);
    if (bucket == facts.buckets.end()) {
      of_another_library(name, fmt::format("steps for batch {}", step.batch));
    }
    const int count = calls[static_cast<std::size_t>(bucket - facts.buckets.begin())];
    step.cost = cost_of(spec_of(cell.kernels[step.kernel], facts, name), count, step.cost.ms);
    of_kernel[step.kernel] += count;
  }
  for (std::size_t k = 0; k < cell.kernels.size(); ++k) {
    KernelTime& kernel = cell.kernels[k];
    kernel.cost = cost_of(spec_of(kernel, facts, name), of_kernel[k], kernel.cost.ms);
  }
}

}  // namespace

Cost cost_of(const OpSpec& spec, int calls, double ms) {
  return {.calls = calls, .ms = ms, .flops = calls * flops(spec), .bytes = calls * bytes(spec)};
}

void count_work(BenchRecord& record, const LibraryFacts& facts, const std::string& name) {
  for (CellTimes& cell : record.cells) count_cell(cell, facts, name);
}

}  // namespace vitgen
