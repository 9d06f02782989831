// The second half of a search: timing, with nothing else of ours running.

#include <algorithm>
#include <limits>
#include <numeric>

#include "generators/ops/support/ops_table.h"
#include "tools/tune/search_turn.h"

namespace vitgen {

namespace {

bool is_timed(const KernelState& kernel, const Candidate& candidate) {
  return candidate.checked && (!candidate.decided || is_incumbent(kernel, candidate));
}

bool has_work(const KernelState& kernel) {
  if (kernel.result.complete || kernel.given_up) return false;
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
    kernel->seconds = *sample.seconds;
    measured.push_back(kernel->result.kernel.calls * *sample.seconds);
  }
  return measured;
}

// That confirming a winner takes.
double pairs_seconds(const SearchState& state, const KernelState& kernel) {
  return 2 * state.settings.pairs * std::max(kSampleSeconds, kernel.seconds);
}

std::size_t affordable(const SearchState& state, const KernelState& kernel, double seconds) {
  if (seconds == std::numeric_limits<double>::infinity()) return SIZE_MAX;
  const double sample = std::max(kSampleSeconds, kernel.seconds);
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
  double rest = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (const std::size_t i : order) {
    if (state.settings.stop()) return;
    KernelState& kernel = *kernels[i];
    const double now = state.backend.now();
    const double seconds = (state.settings.budget_seconds - now) * shares[i] / rest;
    rest -= shares[i];
    Turn turn{.state = state,
              .kernel = kernel,
              .session = nullptr,
              .candidates = timed_candidates(
                  kernel, affordable(state, kernel, std::max(seconds, kShortestTurn))),
              .incumbent = kernel.result.candidates[kernel.incumbent].checked ? 0 : -1,
              .until = now + std::max(seconds - pairs_seconds(state, kernel), kShortestTurn)};
    turn.session = state.backend.time(kernel.result.kernel.spec, files_of(kernel, turn.candidates));
    run_turn(turn);
  }
}

}  // namespace vitgen
