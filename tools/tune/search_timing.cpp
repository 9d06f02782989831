// The second half of a search: timing, with nothing else of ours running.

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "generators/ops/support/ops_table.h"
#include "tools/tune/search_state.h"

namespace vitgen {

namespace {

constexpr double kShortestSample = 2e-3;  // seconds; see trial_worker.cpp
constexpr double kShortestTurn = 0.5;     // seconds: a small kernel's share may be next to nothing
constexpr double kNoLimit = std::numeric_limits<double>::infinity();
constexpr double kRoundsEach = 3;  // that a candidate lasts on average of the six

// A kernel's turn: the candidates that are loaded, by their numbers in the session.
struct Turn {
  SearchState& state;
  KernelState& kernel;
  std::unique_ptr<TimingSession> session;
  std::vector<std::size_t> candidates;  // into the kernel's list, by number
  int incumbent = 0;                    // number
  double until = 0;                     // seconds of backend.now()
  std::uint64_t* done = nullptr;        // samples, of the progress
  std::uint64_t total = 0;
  double best = 0;       // seconds per call so far
  bool cut_off = false;  // the tournament was not played to its end

  Candidate& candidate(int number) {
    return kernel.result.candidates[candidates[static_cast<std::size_t>(number)]];
  }
};

bool is_timed(const KernelState& kernel, const Candidate& candidate) {
  return candidate.checked && (!candidate.decided || is_incumbent(kernel, candidate));
}

bool has_work(const KernelState& kernel) {
  if (kernel.result.complete) return false;
  const Candidate& incumbent = kernel.result.candidates[kernel.incumbent];
  const auto open = [&](const Candidate& each) {
    return each.checked && !each.decided && &each != &incumbent;
  };
  const bool fresh = !incumbent.decided && incumbent.checked;
  return fresh || std::ranges::any_of(kernel.result.candidates, open);
}

std::vector<std::size_t> timed_candidates(const KernelState& kernel, std::size_t most) {
  std::vector<std::size_t> list = {kernel.incumbent};
  for (std::size_t i = 0; i < kernel.result.candidates.size() && list.size() < most; ++i) {
    if (i != kernel.incumbent && is_timed(kernel, kernel.result.candidates[i])) list.push_back(i);
  }
  if (!kernel.result.candidates[kernel.incumbent].checked) list.erase(list.begin());
  return list;
}

std::vector<KernelFile> files_of(const KernelState& kernel, const std::vector<std::size_t>& list) {
  std::vector<KernelFile> files;
  for (const std::size_t i : list) files.push_back(kernel.result.candidates[i].file);
  return files;
}

void tell(Turn& turn, double seconds) {
  if (turn.best <= 0 || seconds < turn.best) turn.best = seconds;
  *turn.done = std::min(*turn.done + 1, turn.total);
  turn.state.watcher({.phase = TuneProgress::Phase::time,
                      .done = *turn.done,
                      .total = turn.total,
                      .kernel = &turn.kernel.result,
                      .best_seconds = turn.best,
                      .failures = turn.state.failures});
}

Sample take_sample(Turn& turn, int number, double seconds) {
  Sample sample = turn.session->sample_within(number, seconds);
  if (sample.seconds) tell(turn, *sample.seconds);
  return sample;
}

// What the incumbent needs is given to all: a new process calls three times before it answers.
Sample sample_in_time(Turn& turn, int number) {
  if (number == turn.incumbent) return take_sample(turn, number, kNoLimit);
  const double left = turn.until - turn.state.backend.now();
  const double usual = 4 * turn.kernel.result.before_seconds;
  Sample sample = take_sample(turn, number, std::max({left, usual, kShortestTurn}));
  turn.cut_off = turn.cut_off || sample.interrupted;
  return sample;
}

TrialStatus how_it_failed(const Sample& last) {
  return last.timed_out ? TrialStatus::timed_out : TrialStatus::crashed;
}

void note_dropped(Turn& turn, const Timed& timed) {
  Candidate& candidate = turn.candidate(timed.number);
  if (timed.failed) {
    if (turn.state.settings.stop()) return;
    ++turn.state.failures;
    return decide(turn.state, turn.kernel, candidate, how_it_failed(timed.last), timed.last.reason);
  }
  candidate.samples = timed.samples;
  decide(turn.state, turn.kernel, candidate, TrialStatus::measured, "");
}

std::vector<Timed> run_halving(Turn& turn) {
  std::vector<int> numbers(turn.candidates.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  HalvingOptions options;
  options.seed = turn.state.settings.selection.seed;
  options.stop = [&turn] {
    turn.cut_off = turn.state.settings.stop() || turn.state.backend.now() >= turn.until;
    return turn.cut_off;
  };
  options.dropped = [&turn](const Timed& timed) { note_dropped(turn, timed); };
  return halve(numbers, [&turn](int number) { return sample_in_time(turn, number); }, options);
}

// With one thread no task runs beside another, so a race between them could not be seen.
StepResult check_with_threads(Turn& turn, Candidate& winner) {
  constexpr int kThreads = 3;
  const StepResult result =
      turn.state.backend.check_with(turn.kernel.result.kernel.spec, winner.file, kThreads);
  if (result.good || result.interrupted) return result;
  ++turn.state.failures;
  decide(turn.state, turn.kernel, winner, result.status,
         fmt::format("with {} threads: {}", kThreads, result.reason));
  return result;
}

// What stays: a record of the winner, or of what was there before where it had none. False if
// it was interrupted.
bool settle(Turn& turn, int winner, const Pairs& pairs) {
  KernelResult& result = turn.kernel.result;
  Candidate& best = turn.candidate(winner);
  result.before_seconds = median(pairs.b);
  const bool same = winner == turn.incumbent;
  result.ratio = same ? Interval{1, 1, 1} : paired_ratio(pairs.a, pairs.b);
  bool better = !same && result.ratio.high < 1;
  if (better) {
    const StepResult check = check_with_threads(turn, best);
    if (check.interrupted) return false;
    better = check.good;
  }
  result.verdict = better ? Verdict::improved : Verdict::kept;
  result.now = better ? best.choice : result.before;
  result.now_seconds = better ? median(pairs.a) : result.before_seconds;
  const OpSpec& spec = result.kernel.spec;
  if (better) {
    turn.state.log.put(spec, best.choice, best.rule_version, pairs.a);
  } else if (!turn.kernel.incumbent_recorded) {
    const Candidate& before = turn.candidate(turn.incumbent);
    turn.state.log.put(spec, before.choice, before.rule_version, pairs.b);
  }
  return true;
}

// Of a tournament that was cut off only the two of the pairs are known well enough not to be tried
// again.
void record_survivors(Turn& turn, const std::vector<Timed>& left) {
  for (const Timed& timed : left) {
    Candidate& candidate = turn.candidate(timed.number);
    const bool paired = timed.number == left.front().number || timed.number == turn.incumbent;
    if (timed.samples.empty() || (turn.cut_off && !paired)) continue;
    candidate.samples = timed.samples;
    decide(turn.state, turn.kernel, candidate, TrialStatus::measured, "");
  }
}

// The winner or the incumbent gave no time: the one that did so is to blame.
void note_failed_pair(Turn& turn, const Pairs& pairs) {
  if (turn.state.settings.stop() || !pairs.failed) return;
  KernelResult& result = turn.kernel.result;
  const bool by_incumbent = *pairs.failed == turn.incumbent;
  ++turn.state.failures;
  decide(turn.state, turn.kernel, turn.candidate(*pairs.failed), how_it_failed(pairs.last),
         "while the winner was confirmed: " + pairs.last.reason);
  result.verdict = by_incumbent ? Verdict::untuned : Verdict::kept;
}

void run_turn(Turn& turn) {
  KernelResult& result = turn.kernel.result;
  result.verdict = Verdict::unfinished;
  const std::vector<Timed> left = run_halving(turn);
  if (turn.state.settings.stop()) return;
  if (left.empty() || left.front().samples.empty()) {
    result.verdict = Verdict::untuned;
    return;
  }
  const bool with_incumbent = result.candidates[turn.kernel.incumbent].checked;
  const int winner = left.front().number;
  if (!with_incumbent) turn.incumbent = winner;
  const Pairs pairs = time_pairs(
      winner, turn.incumbent, turn.state.settings.pairs,
      [&turn](int number) { return take_sample(turn, number, kNoLimit); },
      turn.state.settings.selection.seed, turn.state.settings.stop);
  if (!pairs.complete) return note_failed_pair(turn, pairs);
  if (settle(turn, winner, pairs)) record_survivors(turn, left);
}

// Seconds per call of the incumbent, times its calls: how much of the model a kernel is.
std::vector<double> shares_of(SearchState& state, const std::vector<KernelState*>& kernels) {
  std::vector<double> shares;
  for (KernelState* kernel : kernels) {
    const TuneKernel& about = kernel->result.kernel;
    shares.push_back(about.calls * std::max(1.0, flops(about.spec)));
  }
  if (state.settings.budget_seconds == std::numeric_limits<double>::infinity()) return shares;
  std::vector<double> measured;
  for (KernelState* kernel : kernels) {
    const Candidate& incumbent = kernel->result.candidates[kernel->incumbent];
    if (!incumbent.checked || state.settings.stop()) return shares;
    const std::vector<KernelFile> file = {incumbent.file};
    const Sample sample = state.backend.time(kernel->result.kernel.spec, file)->sample(0);
    if (!sample.seconds) return shares;
    kernel->result.before_seconds = *sample.seconds;
    measured.push_back(kernel->result.kernel.calls * *sample.seconds);
  }
  return measured;
}

// That confirming a winner takes.
double pairs_seconds(const SearchState& state, const KernelState& kernel) {
  return 2 * state.settings.pairs * std::max(kShortestSample, kernel.result.before_seconds);
}

std::size_t affordable(const SearchState& state, const KernelState& kernel, double seconds) {
  if (seconds == std::numeric_limits<double>::infinity()) return SIZE_MAX;
  const double sample = std::max(kShortestSample, kernel.result.before_seconds);
  const double left = seconds - pairs_seconds(state, kernel);
  constexpr double kFewest = 2;
  return static_cast<std::size_t>(std::max(kFewest, left / (kRoundsEach * sample)));
}

}  // namespace

void time_kernels(SearchState& state) {
  std::vector<KernelState*> kernels;
  for (KernelState& kernel : state.kernels) {
    if (has_work(kernel)) kernels.push_back(&kernel);
  }
  const std::vector<double> shares = shares_of(state, kernels);
  std::vector<std::size_t> order(kernels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // What the small ones leave over goes to the large ones.
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(shares[i], i); });
  const HalvingOptions usual;
  std::uint64_t done = 0, total = 0;
  for (KernelState* kernel : kernels) {
    total += usual.limits.size() * timed_candidates(*kernel, SIZE_MAX).size() +
             2 * static_cast<std::uint64_t>(state.settings.pairs);
  }
  double rest = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::uint64_t due = 0;  // samples of the kernels that are over
  for (const std::size_t i : order) {
    if (state.settings.stop()) return;
    KernelState& kernel = *kernels[i];
    const double now = state.backend.now();
    const double seconds = (state.settings.budget_seconds - now) * shares[i] / rest;
    rest -= shares[i];
    due += usual.limits.size() * timed_candidates(kernel, SIZE_MAX).size() +
           2 * static_cast<std::uint64_t>(state.settings.pairs);
    Turn turn{.state = state,
              .kernel = kernel,
              .session = nullptr,
              .candidates = timed_candidates(
                  kernel, affordable(state, kernel, std::max(seconds, kShortestTurn))),
              .until = now + std::max(seconds - pairs_seconds(state, kernel), kShortestTurn),
              .done = &done,
              .total = total};
    turn.session = state.backend.time(kernel.result.kernel.spec, files_of(kernel, turn.candidates));
    run_turn(turn);
    done = due;
  }
}

}  // namespace vitgen
