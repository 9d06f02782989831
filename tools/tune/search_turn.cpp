#include "tools/tune/search_turn.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "schedules/machine.h"

namespace vitgen {

namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

// Of this search's waves one has confirmed a winner.
bool is_settled(const KernelResult& result) {
  return result.before_seconds > 0 || result.verdict == Verdict::replaced;
}

void tell(Turn& turn, double seconds) {
  if (turn.best <= 0 || seconds < turn.best) turn.best = seconds;
  turn.state.watcher({.phase = TuneProgress::Phase::time,
                      .work = work_share(turn.state, work_units(turn.state.kernels)),
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
  const double usual = 4 * turn.kernel.seconds;
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

std::vector<Timed> run_race(Turn& turn) {
  std::vector<int> numbers(turn.candidates.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  RaceOptions options;
  options.seed = turn.state.settings.selection.seed;
  options.stop = [&turn] {
    turn.cut_off = turn.state.settings.stop() || turn.state.backend.now() >= turn.until;
    return turn.cut_off;
  };
  options.dropped = [&turn](const Timed& timed) { note_dropped(turn, timed); };
  return race(numbers, [&turn](int number) { return sample_in_time(turn, number); }, options);
}

// With one thread no task runs beside another, so a race between them could not be seen; on a GPU
// one may show when the kernel runs again.
StepResult check_with_threads(Turn& turn, Candidate& winner) {
  constexpr int kThreads = 3;
  const StepResult result =
      turn.state.backend.check_with(turn.kernel.result.kernel.spec, winner.file, kThreads);
  if (result.good || result.interrupted) return result;
  ++turn.state.failures;
  const bool on_device = is_device_row(*turn.state.settings.machine);
  decide(turn.state, turn.kernel, winner, result.status,
         fmt::format("{} {} {}: {}", on_device ? "run" : "with", kThreads,
                     on_device ? "times" : "threads", result.reason));
  return result;
}

void note_failed_sample(Turn& turn, int number, const Sample& last) {
  ++turn.state.failures;
  decide(turn.state, turn.kernel, turn.candidate(number), how_it_failed(last),
         "while the winner was confirmed: " + last.reason);
}

// Ratios of one wave to the next multiply; the interval is then wider than need be, not narrower.
// Times of two waves are not compared: meanwhile the computer may have become slower.
void tell_outcome(KernelResult& result, const Candidate* better, const Interval& ratio,
                  const Pairs& pairs) {
  result.spread = relative_spread(pairs.b);
  if (result.verdict == Verdict::replaced) {  // there is no time before to be told
    if (better == nullptr) return;
    result.now = better->choice;
    result.now_seconds = median(pairs.a);
    return;
  }
  const Interval so_far = result.verdict == Verdict::improved ? result.ratio : Interval{1, 1, 1};
  const bool first = !is_settled(result);
  if (first) result.before_seconds = result.now_seconds = median(pairs.b);
  if (better != nullptr) {
    result.ratio = {ratio.value * so_far.value, ratio.low * so_far.low, ratio.high * so_far.high};
    result.verdict = Verdict::improved;
    result.now = better->choice;
    result.now_seconds = first ? median(pairs.a) : result.before_seconds * result.ratio.value;
  } else if (result.verdict != Verdict::improved) {
    result.verdict = Verdict::kept;
    if (first || ratio.value < result.ratio.value) result.ratio = ratio;
  }
}

// What stays: a record of the winner, or of what was there before where it had none. False if
// it was interrupted.
bool settle(Turn& turn, int winner, const Pairs& pairs) {
  Candidate& best = turn.candidate(winner);
  const bool same = winner == turn.incumbent;
  const Interval ratio = same ? Interval{1, 1, 1} : paired_ratio(pairs.a, pairs.b);
  bool better = !same && ratio.high < 1;
  if (better) {
    const StepResult check = check_with_threads(turn, best);
    if (check.interrupted) return false;
    better = check.good;
  }
  tell_outcome(turn.kernel.result, better ? &best : nullptr, ratio, pairs);
  const OpSpec& spec = turn.kernel.result.kernel.spec;
  if (better) {
    turn.state.log.put(spec, best.choice, best.rule_version, pairs.a);
    turn.kernel.incumbent = turn.candidates[static_cast<std::size_t>(winner)];
  } else if (!turn.kernel.incumbent_recorded) {
    const Candidate& before = turn.candidate(turn.incumbent);
    turn.state.log.put(spec, before.choice, before.rule_version, pairs.b);
  }
  turn.kernel.incumbent_recorded = true;
  return true;
}

// With no sound incumbent the fastest that is right with threads is the first choice that can be
// used: its record takes the place of the one that failed. False if there is none.
bool replace_failed(Turn& turn, const std::vector<Timed>& left) {
  KernelResult& result = turn.kernel.result;
  const TuneSettings& settings = turn.state.settings;
  for (const Timed& timed : left) {
    if (timed.samples.empty()) continue;
    Candidate& candidate = turn.candidate(timed.number);
    const Pairs pairs = time_pairs(
        timed.number, timed.number, settings.pairs,
        [&turn](int number) { return take_sample(turn, number, kNoLimit); },
        settings.selection.seed, settings.stop);
    if (settings.stop()) return false;
    if (!pairs.complete) {
      note_failed_sample(turn, timed.number, pairs.last);
      continue;
    }
    const StepResult check = check_with_threads(turn, candidate);
    if (check.interrupted) return false;
    if (!check.good) continue;
    turn.state.log.remove(result.kernel.spec, result.before);
    turn.state.log.put(result.kernel.spec, candidate.choice, candidate.rule_version, pairs.a);
    result.verdict = Verdict::replaced;
    result.spread = relative_spread(pairs.a);
    result.now = candidate.choice;
    result.now_seconds = median(pairs.a);
    turn.incumbent = timed.number;
    turn.kernel.incumbent = turn.candidates[static_cast<std::size_t>(timed.number)];
    turn.kernel.incumbent_recorded = true;
    return true;
  }
  result.verdict = Verdict::untuned;
  return false;
}

// Of a race that was cut off only the two of the pairs are known well enough not to be tried
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
  note_failed_sample(turn, *pairs.failed, pairs.last);
  turn.kernel.given_up = by_incumbent;
  if (!is_settled(result)) result.verdict = by_incumbent ? Verdict::untuned : Verdict::kept;
}

}  // namespace

void run_turn(Turn& turn) {
  KernelResult& result = turn.kernel.result;
  if (!is_settled(result)) result.verdict = Verdict::unfinished;
  const std::vector<Timed> left = run_race(turn);
  if (turn.state.settings.stop()) return;
  if (left.empty() || left.front().samples.empty()) {
    if (!is_settled(result)) result.verdict = Verdict::untuned;
    return;
  }
  if (turn.incumbent < 0) {
    if (replace_failed(turn, left)) record_survivors(turn, left);
    return;
  }
  const int winner = left.front().number;
  const Pairs pairs = time_pairs(
      winner, turn.incumbent, turn.state.settings.pairs,
      [&turn](int number) { return take_sample(turn, number, kNoLimit); },
      turn.state.settings.selection.seed, turn.state.settings.stop);
  if (!pairs.complete) return note_failed_pair(turn, pairs);
  if (settle(turn, winner, pairs)) record_survivors(turn, left);
}

}  // namespace vitgen
