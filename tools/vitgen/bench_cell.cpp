#include "tools/vitgen/bench_cell.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "schedules/machine.h"
#include "tools/measure/statistics.h"
#include "tools/vitgen/bench_work.h"
#include "tools/vitgen/random_input.h"

namespace vitgen {

namespace {

constexpr int kBursts = 10;  // that a cell's time is cut into

using Names = std::vector<std::string>;

// A kernel as the manifest tells it, with the variant that runs.
KernelTime kernel_time(const KernelFacts& kernel, std::string_view machine) {
  KernelTime time{.name = kernel.name,
                  .op = kernel.spec.op,
                  .spec = kernel.spec.text(),
                  .choice = {},
                  .provenance = {},
                  .steps = {},
                  .cost = {}};
  for (const VariantFacts& variant : kernel.variants) {
    if (variant.machine != machine) continue;
    time.choice = variant.choice.text();
    time.provenance = variant.provenance;
  }
  return time;
}

void add(Cost& sum, const Cost& cost) {
  sum.calls += cost.calls;
  sum.ms += cost.ms;
  sum.flops += cost.flops;
  sum.bytes += cost.bytes;
}

// Puts the kernels in order of their time; steps keep pointing at theirs.
void sort_kernels(CellTimes& cell) {
  std::vector<std::size_t> order(cell.kernels.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {},
                    [&](std::size_t i) { return std::pair(-cell.kernels[i].cost.ms, i); });
  std::vector<KernelTime> sorted;
  std::vector<std::size_t> place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    sorted.push_back(std::move(cell.kernels[order[i]]));
  }
  cell.kernels = std::move(sorted);
  for (StepTime& step : cell.steps) step.kernel = place[step.kernel];
}

void sum_by_kernel(CellTimes& cell, const LibraryFacts& facts, std::string_view machine) {
  std::vector<std::size_t> place(facts.kernels.size(), SIZE_MAX);
  std::vector<Names> names;
  for (StepTime& step : cell.steps) {
    const KernelFacts& kernel = facts.kernels[step.kernel];
    std::size_t& at = place[step.kernel];
    if (at == SIZE_MAX) {
      at = cell.kernels.size();
      cell.kernels.push_back(kernel_time(kernel, machine));
      names.emplace_back();
    }
    step.kernel = at;
    add(cell.kernels[at].cost, step.cost);
    names[at].push_back(step.name);
  }
  for (std::size_t k = 0; k < names.size(); ++k) {
    cell.kernels[k].steps = common_step_name(names[k]);
  }
  sort_kernels(cell);
}

}  // namespace

std::vector<int> bucket_calls(const LibraryFacts& facts, int batch) {
  std::vector<int> calls(facts.buckets.size(), 0);
  int left = batch;
  for (std::size_t b = facts.buckets.size(); b-- > 0;) {
    calls[b] = left / facts.buckets[b].batch;
    left -= calls[b] * facts.buckets[b].batch;
  }
  return calls;
}

BenchCell::BenchCell(LoadedLibrary& library, int batch, int seed)
    : library_(library),
      batch_(batch),
      inputs_(library, static_cast<std::size_t>(batch), static_cast<unsigned>(seed)),
      step_ns_(library.step_count()) {
  for (const TensorPort& port : library.outputs()) {
    values_.emplace_back(static_cast<std::size_t>(batch) * port.elements);
  }
  for (std::vector<float>& value : values_) outputs_.push_back(value.data());
}

double BenchCell::run() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  library_.run(static_cast<std::size_t>(batch_), inputs_.pointers, outputs_);
  last_ms_ = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  return last_ms_;
}

void BenchCell::record(double ms) {
  ms_.push_back(ms);
  spent_ms_ += ms;
  for (std::size_t step = 0; step < step_ns_.size(); ++step) {
    step_ns_[step].push_back(static_cast<float>(library_.step_time_ns(step)));
  }
}

void BenchCell::warm_up() {
  run();  // touches every page
  run();
}

void BenchCell::burst(const BenchSettings& settings) {
  const double budget = settings.runs != 0 ? 0 : settings.seconds * 1e3 / kBursts;
  const int least = std::max(1, settings.runs / kBursts);
  // The caches hold another cell's data now; beside a long run that does not count.
  constexpr int kShort = 4;
  if (settings.runs != 0 || kShort * last_ms_ < budget) run();
  const double until = spent_ms_ + budget;
  for (int i = 0; (i < least || spent_ms_ < until) && done(settings) < 1; ++i) record(run());
}

double BenchCell::done(const BenchSettings& settings) const {
  const auto runs = static_cast<double>(ms_.size());
  if (settings.runs != 0) return std::min(1.0, runs / settings.runs);
  constexpr int kLeastRuns = 3;  // a median needs them, however long a run takes
  return std::min(
      {1.0, std::max(spent_ms_ / (settings.seconds * 1e3), runs / kMostRuns), runs / kLeastRuns});
}

CellTimes BenchCell::times(const LibraryFacts& facts) const {
  CellTimes cell{
      .threads = threads(), .batch = batch_, .ms = run_times(ms_), .kernels = {}, .steps = {}};
  const std::vector<int> calls = bucket_calls(facts, batch_);
  std::size_t number = 0;  // of the step in the library
  for (std::size_t b = 0; b < facts.buckets.size(); ++b) {
    const BucketFacts& bucket = facts.buckets[b];
    for (const StepFacts& step : bucket.steps) {
      const std::vector<float>& ns = step_ns_.at(number++);
      if (calls[b] == 0) continue;
      const std::vector<double> values(ns.begin(), ns.end());
      cell.steps.push_back(
          {.name = step.name,
           .batch = bucket.batch,
           .kernel = step.kernel,
           .cost = cost_of(facts.kernels[step.kernel].spec, calls[b], median(values) * 1e-6)});
    }
  }
  sum_by_kernel(cell, facts, find_machine(library_.isa()).name);
  return cell;
}

}  // namespace vitgen
