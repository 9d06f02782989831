// The first half of a search: what can be known of candidates without timing them.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <thread>

#include "generators/ops/support/ops_table.h"
#include "tools/tune/search_state.h"

namespace vitgen {

namespace {

// MCA's throughputs are within some ten percent of measured ones; half as much again is beyond
// doubt.
constexpr double kMcaSlack = 1.5;

struct Job {
  KernelState* kernel;
  Candidate* candidate;
  double turn = 0;         // the earlier ones first
  std::size_t number = 0;  // where turns are equal
  std::int64_t units = 0;  // of work when it began
};

bool is_wanted(const SearchState& state, const KernelState& kernel, const Candidate& candidate) {
  if (kernel.result.complete || kernel.given_up) return false;
  return !candidate.decided || (!state.again && is_incumbent(kernel, candidate));
}

// How much of the model a kernel is, as far as can be told without running it.
double weight_of(const KernelState& kernel) {
  const TuneKernel& about = kernel.result.kernel;
  return std::max(1.0, about.calls * flops(about.spec));
}

// The incumbents, then the others: every kernel's best first, and more of those kernels that matter
// more. A kernel of a hundred times the work gets ten times the candidates when time is short.
std::vector<Job> jobs_in_turn(SearchState& state,
                              const std::function<bool(const Candidate&)>& pick) {
  std::vector<Job> jobs;
  for (KernelState& kernel : state.kernels) {
    const double pace = 1 / std::sqrt(weight_of(kernel));
    double place = 0;
    for (Candidate& candidate : kernel.result.candidates) {
      if (!is_wanted(state, kernel, candidate) || !pick(candidate)) continue;
      place += pace;
      jobs.push_back({&kernel, &candidate, is_incumbent(kernel, candidate) ? 0 : place, jobs.size(),
                      work_units(candidate)});
    }
  }
  std::ranges::sort(jobs, {}, [](const Job& job) { return std::pair(job.turn, job.number); });
  return jobs;
}

// Runs jobs on several threads; what was not begun at `until` is left, but for incumbents.
class Workers {
 public:
  Workers(SearchState& state, std::vector<Job> jobs, std::function<void(const Job&)> work,
          double until)
      : state_(state), jobs_(std::move(jobs)), work_(std::move(work)), until_(until) {}

  void run(TuneProgress::Phase phase) {
    std::vector<std::jthread> threads;
    const auto count =
        std::min(jobs_.size(), static_cast<std::size_t>(std::max(1, state_.settings.jobs)));
    running_ = count;
    units_ = work_units(state_.kernels);
    for (std::size_t t = 0; t < count; ++t) threads.emplace_back([this] { loop(); });
    std::unique_lock lock(mutex_);
    // What is done may all be done before this thread looks: the end is told in any case.
    for (std::size_t seen = 0; count > 0 && (running_ > 0 || seen < done_);) {
      changed_.wait(lock, [&] { return running_ == 0 || done_ > seen; });
      seen = done_;
      const TuneProgress progress{.phase = phase,
                                  .done = done_,
                                  .total = jobs_.size(),
                                  .work = work_share(state_, units_),
                                  .failures = state_.failures};
      state_.watcher(progress);
    }
    lock.unlock();
    threads.clear();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const Job* take() {
    const std::lock_guard lock(mutex_);
    if (next_ == jobs_.size() || error_ || state_.settings.stop()) return nullptr;
    const Job& job = jobs_[next_];
    if (!is_incumbent(*job.kernel, *job.candidate) && state_.backend.now() >= until_)
      return nullptr;
    ++next_;
    return &job;
  }

  void loop() {
    for (const Job* job = take(); job != nullptr; job = take()) {
      std::exception_ptr error;
      try {
        work_(*job);
      } catch (...) {
        error = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      if (error && !error_) error_ = error;
      if (is_failure(job->candidate->status)) ++state_.failures;
      units_ += work_units(*job->candidate) - job->units;
      ++done_;
      changed_.notify_one();
    }
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_one();
  }

  SearchState& state_;
  std::vector<Job> jobs_;
  std::function<void(const Job&)> work_;
  double until_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0, done_ = 0, running_ = 0;
  std::int64_t units_ = 0;  // of work
  std::exception_ptr error_;
};

// Rules whose knobs are tiles of products: their loops must be made of FMAs.
bool wants_fmas(const Candidate& candidate) { return candidate.model.registers > 0; }

// A record of other values must not stay, whatever the search finds. For other faults the computer
// may be to blame, so that record is removed with the first choice that does better.
void note_failed(SearchState& state, const Job& job, const StepResult& result) {
  KernelState& kernel = *job.kernel;
  if (is_incumbent(kernel, *job.candidate)) {
    kernel.result.before_fault = result.reason;
    if (result.status == TrialStatus::wrong_result) {
      state.log.remove(kernel.result.kernel.spec, job.candidate->choice);
    }
  }
  decide(state, kernel, *job.candidate, result.status, result.reason);
}

void compile_one(SearchState& state, const Job& job) {
  Candidate& candidate = *job.candidate;
  CompileResult result = state.backend.compile(job.kernel->result.kernel.spec, candidate.choice);
  if (result.interrupted) return;
  if (!result.good) return note_failed(state, job, result);
  candidate.file = std::move(result.file);
  candidate.facts = result.facts;
  candidate.compiled = true;
  if (is_incumbent(*job.kernel, candidate) || candidate.is_default) return;
  const std::string fault =
      code_fault(candidate.facts, wants_fmas(candidate), state.settings.machine->vector_bytes * 8);
  if (!fault.empty()) {
    decide(state, *job.kernel, candidate, TrialStatus::rejected_code, fault);
  }
}

void check_one(SearchState& state, const Job& job) {
  Candidate& candidate = *job.candidate;
  const StepResult result = state.backend.check(job.kernel->result.kernel.spec, candidate.file);
  if (result.interrupted) return;
  candidate.checked = result.good;
  if (!result.good) note_failed(state, job, result);
}

void drop_by_mca(SearchState& state, KernelState& kernel) {
  double best = 0;
  for (const Candidate& each : kernel.result.candidates) {
    const bool sound = !each.decided || each.status == TrialStatus::measured;
    if (each.compiled && sound) best = std::max(best, each.facts.flops_per_cycle);
  }
  for (Candidate& each : kernel.result.candidates) {
    const double predicted = each.facts.flops_per_cycle;
    const bool slow = predicted > 0 && predicted * kMcaSlack < best;
    if (!each.compiled || each.decided || each.is_default || is_incumbent(kernel, each) || !slow) {
      continue;
    }
    decide(
        state, kernel, each, TrialStatus::rejected_mca,
        fmt::format("{:.1f} operations per cycle predicted, {:.1f} of the best", predicted, best));
  }
}

}  // namespace

void compile_and_check(SearchState& state, double compile_until, double check_until) {
  const auto fresh = [](const Candidate& each) { return !each.compiled; };
  Workers(
      state, jobs_in_turn(state, fresh), [&](const Job& job) { compile_one(state, job); },
      compile_until)
      .run(TuneProgress::Phase::compile);
  if (state.settings.stop()) return;
  for (KernelState& kernel : state.kernels) drop_by_mca(state, kernel);
  const auto compiled = [](const Candidate& each) { return each.compiled && !each.checked; };
  Workers(
      state, jobs_in_turn(state, compiled), [&](const Job& job) { check_one(state, job); },
      check_until)
      .run(TuneProgress::Phase::check);
}

}  // namespace vitgen
