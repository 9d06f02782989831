#include "tools/tune/search_log.h"

#include <algorithm>

#include "schedules/machine.h"
#include "tools/tune/is_current.h"
#include "tools/tune/trial_request.h"

namespace vitgen {

namespace {

constexpr double kNanoseconds = 1e9;

TuningFilter filter_of(const OpSpec& spec, const TuneSettings& settings) {
  return {.host = settings.host,
          .machine = std::string(settings.machine->name),
          .spec = spec.text(),
          .run = {},
          .threads = settings.threads};
}

}  // namespace

TuningTrial SearchLog::trial(const OpSpec& spec, const Candidate& candidate) const {
  TuningTrial trial{.host = settings_.host,
                    .machine = std::string(settings_.machine->name),
                    .spec = spec,
                    .choice = candidate.choice,
                    .versions = current_versions(candidate.rule_version),
                    .threads = settings_.threads,
                    .status = candidate.status,
                    .reason = candidate.reason,
                    .run = settings_.run,
                    .ordinal = candidate.ordinal,
                    .date = utc_now()};
  if (candidate.status == TrialStatus::measured) {
    trial.samples = static_cast<int>(candidate.samples.size());
    trial.best_ns = std::ranges::min(candidate.samples) * kNanoseconds;
    trial.median_ns = median(candidate.samples) * kNanoseconds;
  }
  return trial;
}

void SearchLog::add(const OpSpec& spec, const Candidate& candidate) {
  const std::lock_guard lock(mutex_);
  database_.add(trial(spec, candidate));
}

void SearchLog::add_left_out(const KernelResult& kernel) {
  std::vector<TuningTrial> trials;
  for (const Candidate& each : kernel.candidates) {
    if (each.decided && each.status == TrialStatus::rejected_model) {
      trials.push_back(trial(kernel.kernel.spec, each));
    }
  }
  const std::lock_guard lock(mutex_);
  if (!trials.empty()) database_.merge({}, trials);
}

void SearchLog::put(const OpSpec& spec, const Choice& choice, int rule_version,
                    const std::vector<double>& samples) {
  const std::lock_guard lock(mutex_);
  database_.put({.host = settings_.host,
                 .machine = std::string(settings_.machine->name),
                 .spec = spec,
                 .choice = choice,
                 .versions = current_versions(rule_version),
                 .threads = settings_.threads,
                 .samples = static_cast<int>(samples.size()),
                 .median_ns = median(samples) * kNanoseconds,
                 .spread = relative_spread(samples),
                 .date = utc_now(),
                 .check = check_for(spec, is_device_row(*settings_.machine))});
}

void SearchLog::remove(const OpSpec& spec, const Choice& choice) {
  const auto failed = [&](const TuningRecord& record) {
    return record.host == settings_.host && record.machine == settings_.machine->name &&
           record.spec == spec && record.choice == choice && is_current(record);
  };
  const std::lock_guard lock(mutex_);
  database_.prune(failed, [](const TuningTrial&) { return false; });
}

std::vector<TuningTrial> trials_of(const KernelResult& kernel, const std::string& run,
                                   const TuneSettings& settings, const TuningDatabase& database) {
  TuningFilter filter = filter_of(kernel.kernel.spec, settings);
  filter.run = run;
  std::vector<TuningTrial> trials = database.trials(filter);
  std::erase_if(trials, [&](const TuningTrial& trial) {
    return !is_current(kernel.kernel.spec, trial.choice, trial.versions);
  });
  return trials;
}

void mark_tried(KernelResult& kernel, const TuneSettings& settings,
                const TuningDatabase& database) {
  std::map<std::string, TuningTrial> tried;
  for (TuningTrial& trial : database.trials(filter_of(kernel.kernel.spec, settings))) {
    if (!is_current(trial)) continue;
    if (trial.status == TrialStatus::rejected_model) continue;
    tried.insert_or_assign(trial.choice.text(), std::move(trial));
  }
  for (Candidate& candidate : kernel.candidates) {
    const auto found = tried.find(candidate.choice.text());
    if (found == tried.end()) continue;
    candidate.decided = true;
    candidate.status = found->second.status;
    candidate.reason = found->second.reason;
  }
}

std::string last_run(const std::vector<TuneKernel>& kernels, const TuneSettings& settings,
                     const TuningDatabase& database) {
  std::string run, date;
  for (const TuneKernel& kernel : kernels) {
    for (const TuningTrial& trial : database.trials(filter_of(kernel.spec, settings))) {
      if (trial.date < date || !is_current(trial)) continue;
      date = trial.date;
      run = trial.run;
    }
  }
  return run;
}

}  // namespace vitgen
