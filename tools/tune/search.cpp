#include "tools/tune/search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tools/tune/is_current.h"
#include "tools/tune/search_state.h"

namespace vitgen {

namespace {

// Of what is left of the budget, for compiling and checking together; three quarters of it for
// compiling.
constexpr double kCompileShare = 0.4;
constexpr double kCompilePart = 0.75;
// Of the budget; what is less is not worth loading and timing the incumbents once more.
constexpr double kLeastWave = 0.05;

constexpr std::int64_t kDecided = 100;  // work_units of a candidate

bool is_complete(const KernelResult& kernel) {
  return std::ranges::all_of(kernel.candidates, &Candidate::decided);
}

void add_incumbent(KernelState& kernel, const Choice& choice) {
  std::vector<Candidate>& candidates = kernel.result.candidates;
  const auto found = std::ranges::find(candidates, choice, &Candidate::choice);
  kernel.incumbent = static_cast<std::size_t>(found - candidates.begin());
  if (found != candidates.end()) return;
  // Knobs that somebody wrote by hand, or that no rule names any more.
  Candidate candidate;
  candidate.choice = choice;
  candidate.rule_version = rule_version(kernel.result.kernel.spec.op, choice.rule).value_or(1);
  candidate.ordinal = static_cast<int>(candidates.size());
  candidate.is_default = candidates.empty();
  candidate.decided = true;
  candidates.push_back(std::move(candidate));
}

std::optional<TuningRecord> record_of(const OpSpec& spec, const Choice& choice,
                                      const TuneSettings& settings,
                                      const TuningDatabase& database) {
  const auto same = [&](const TuningRecord& record) {
    return record.choice == choice && record.threads == settings.threads && is_current(record);
  };
  return database.best(settings.host, std::string(settings.machine->name), spec, same);
}

std::vector<KernelState> begin(const std::vector<TuneKernel>& kernels, const TuneSettings& settings,
                               const TuningDatabase& database) {
  std::vector<KernelState> states;
  for (KernelResult& result : plan_search(kernels, settings, &database)) {
    const OpSpec spec = result.kernel.spec;
    KernelState state;
    state.result = std::move(result);
    add_incumbent(state, state.result.before);
    const auto record = record_of(spec, state.result.before, settings, database);
    state.incumbent_recorded = record.has_value();
    if (record) state.result.recorded_seconds = record->median_ns * 1e-9;
    states.push_back(std::move(state));
  }
  return states;
}

// Trials of a run are told apart by their ordinals. With another selection these are of other
// candidates, and new trials would replace those.
bool goes_on(const std::vector<KernelState>& states, const std::string& run,
             const TuneSettings& settings, const TuningDatabase& database) {
  const auto has_same = [&](const KernelState& state) {
    const auto& list = state.result.candidates;
    return std::ranges::all_of(trials_of(state.result, run, settings, database), [&](auto& trial) {
      const auto place = static_cast<std::size_t>(trial.ordinal);
      return trial.ordinal >= 0 && place < list.size() && list[place].choice == trial.choice;
    });
  };
  return std::ranges::all_of(states, has_same);
}

std::ptrdiff_t count_open(const SearchState& state) {
  std::ptrdiff_t open = 0;
  for (const KernelState& kernel : state.kernels) {
    if (kernel.given_up) continue;
    open += std::ranges::count(kernel.result.candidates, false, &Candidate::decided);
  }
  return open;
}

// How much time the timing needs is known when it is over. What it leaves goes to the candidates
// that were not reached, in the same shares.
void search_in_waves(SearchState& state) {
  const double budget = state.settings.budget_seconds;
  std::ptrdiff_t open = count_open(state), before = 0;
  double now = 0;
  do {
    const double share = kCompileShare * (budget - now);
    compile_and_check(state, now + kCompilePart * share, now + share);
    if (state.settings.stop()) return;
    time_kernels(state);
    now = state.backend.now();
    state.again = true;
    before = std::exchange(open, count_open(state));
  } while (!state.settings.stop() && 0 < open && open < before &&
           budget - now >= kLeastWave * budget);
}

}  // namespace

bool is_failure(TrialStatus status) {
  return status == TrialStatus::compile_failed || status == TrialStatus::crashed ||
         status == TrialStatus::timed_out || status == TrialStatus::wrong_result;
}

std::int64_t work_units(const Candidate& candidate) {
  if (candidate.decided) return kDecided;
  const double share = candidate.checked    ? kCompileShare
                       : candidate.compiled ? kCompileShare * kCompilePart
                                            : 0;
  return std::llround(static_cast<double>(kDecided) * share);
}

std::int64_t work_units(const std::vector<KernelState>& kernels) {
  std::int64_t units = 0;
  for (const KernelState& kernel : kernels) {
    for (const Candidate& each : kernel.result.candidates) units += work_units(each);
  }
  return units;
}

double work_share(const SearchState& state, std::int64_t units) {
  std::int64_t most = 0;
  for (const KernelState& kernel : state.kernels) {
    most += kDecided * std::ssize(kernel.result.candidates);
  }
  if (most <= state.at_first) return 1;
  return static_cast<double>(units - state.at_first) / static_cast<double>(most - state.at_first);
}

bool is_incumbent(const KernelState& kernel, const Candidate& candidate) {
  return &candidate == &kernel.result.candidates[kernel.incumbent];
}

void decide(SearchState& state, KernelState& kernel, Candidate& candidate, TrialStatus status,
            std::string reason) {
  if (candidate.decided) return;
  candidate.decided = true;
  candidate.status = status;
  constexpr std::size_t kMostReason = 300;  // bytes; the database takes 400
  candidate.reason = printable(reason, kMostReason);
  state.log.add(kernel.result.kernel.spec, candidate);
}

std::vector<KernelResult> plan_search(const std::vector<TuneKernel>& kernels,
                                      const TuneSettings& settings,
                                      const TuningDatabase* database) {
  std::vector<KernelResult> results;
  for (const TuneKernel& kernel : kernels) {
    KernelResult result;
    result.kernel = kernel;
    result.candidates =
        enumerate_candidates(kernel.spec, *settings.machine, settings.caches, settings.selection);
    result.before = result.now = settings.in_use ? settings.in_use(kernel.spec)
                                                 : choose_default(kernel.spec, *settings.machine);
    if (settings.resume && database != nullptr) mark_tried(result, settings, *database);
    result.complete = is_complete(result);
    results.push_back(std::move(result));
  }
  return results;
}

std::vector<KernelResult> tune(const std::vector<TuneKernel>& kernels, const TuneSettings& given,
                               TuneBackend& backend, TuningDatabase& database,
                               const TuneWatcher& watcher) {
  TuneSettings settings = given;
  std::vector<KernelState> states = begin(kernels, settings, database);
  if (settings.resume) {
    const std::string last = last_run(kernels, settings, database);
    if (!last.empty() && goes_on(states, last, settings, database)) settings.run = last;
  }
  SearchLog log(database, settings);
  SearchState state{.kernels = std::move(states),
                    .settings = settings,
                    .backend = backend,
                    .log = log,
                    .watcher = watcher};
  state.at_first = work_units(state.kernels);
  for (const KernelState& kernel : state.kernels) {
    if (!kernel.result.complete) log.add_left_out(kernel.result);
  }
  search_in_waves(state);
  std::vector<KernelResult> results;
  for (KernelState& kernel : state.kernels) {
    kernel.result.complete = is_complete(kernel.result);
    // One sample is better than none.
    const bool timed = kernel.result.verdict != Verdict::replaced;
    if (timed && kernel.result.before_seconds <= 0) kernel.result.before_seconds = kernel.seconds;
    results.push_back(std::move(kernel.result));
  }
  return results;
}

}  // namespace vitgen
