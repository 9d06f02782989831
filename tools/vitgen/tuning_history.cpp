#include "tools/vitgen/tuning_history.h"

#include <algorithm>
#include <map>

#include "generators/base/visit.h"
#include "generators/ops/support/ops_table.h"
#include "schedules/machine.h"
#include "tools/vitgen/open_database.h"

namespace vitgen {

namespace {

TrialPoint point_of(const TuningTrial& trial) {
  return {.choice = trial.choice.text(),
          .status = std::string(enum_text(trial.status)),
          .reason = trial.reason,
          .best_us = trial.best_ns * 1e-3};
}

// Of the trials of one kernel on one host: those of the search that ended last, by ordinal.
std::vector<TuningTrial> last_search(const std::vector<TuningTrial>& trials) {
  const auto newest = std::ranges::max_element(trials, {}, &TuningTrial::date);
  std::vector<TuningTrial> last;
  std::ranges::copy_if(trials, std::back_inserter(last),
                       [&](const TuningTrial& trial) { return trial.run == newest->run; });
  std::ranges::sort(last, {}, &TuningTrial::ordinal);
  return last;
}

// What searches of these versions on as many threads have settled on.
std::string recorded_choice(const TuningDatabase& database, const TuningTrial& trial) {
  const auto record =
      database.best(trial.host, trial.machine, trial.spec, [&](const TuningRecord& each) {
        return each.versions == trial.versions && each.threads == trial.threads;
      });
  return record ? record->choice.text() : std::string();
}

// The kernels of all cells, each once.
std::vector<KernelTime> kernels_of(const BenchRecord& bench) {
  std::vector<KernelTime> kernels;
  for (const CellTimes& cell : bench.cells) {
    for (const KernelTime& kernel : cell.kernels) {
      const bool known =
          std::ranges::find(kernels, kernel.spec, &KernelTime::spec) != kernels.end();
      if (!known) kernels.push_back(kernel);
    }
  }
  return kernels;
}

}  // namespace

std::vector<TuningHistory> tuning_history(const std::string& given, const BenchRecord& bench) {
  const auto database = open_database(given);
  if (!database) return {};
  const std::string machine(find_machine(bench.isa).name);
  std::vector<TuningHistory> histories;
  for (const KernelTime& kernel : kernels_of(bench)) {
    std::map<std::string, std::vector<TuningTrial>> by_host;
    for (TuningTrial& trial :
         database->trials({.host = {}, .machine = machine, .spec = kernel.spec, .run = {}})) {
      by_host[trial.host].push_back(std::move(trial));
    }
    for (const auto& [host, trials] : by_host) {
      TuningHistory history{.steps = kernel.steps,
                            .spec = kernel.spec,
                            .machine = machine + ", " + host,
                            .flops = flops(trials.front().spec),
                            .recorded = recorded_choice(*database, trials.front()),
                            .trials = {}};
      for (const TuningTrial& trial : last_search(trials)) {
        history.trials.push_back(point_of(trial));
      }
      histories.push_back(std::move(history));
    }
  }
  return histories;
}

}  // namespace vitgen
