#pragma once
// What the stages of a search share.

#include "tools/tune/search.h"
#include "tools/tune/search_log.h"

namespace vitgen {

/// A kernel with the candidate that it must beat.
struct KernelState {
  KernelResult result;
  std::size_t incumbent = 0;  ///< into result.candidates; of a further wave the winner so far
  bool incumbent_recorded = false;
  double seconds = 0;     ///< per call of the incumbent, by one sample; 0: not asked
  bool given_up = false;  ///< its incumbent fails, so nothing can be compared with it
};

struct SearchState {
  std::vector<KernelState> kernels;
  const TuneSettings& settings;
  TuneBackend& backend;
  SearchLog& log;
  const TuneWatcher& watcher;
  int failures = 0;
  std::int64_t at_first = 0;  ///< work_units when the search began
  bool again = false;         ///< a further wave: the incumbents are compiled and checked
};

/// How much of a candidate's way is behind it, in percent: 100 where it is decided.
std::int64_t work_units(const Candidate& candidate);
/// Of all candidates of all kernels.
std::int64_t work_units(const std::vector<KernelState>& kernels);
/// Of the work that was to do when the search began, the part that is done by `units`.
double work_share(const SearchState& state, std::int64_t units);

/// Statuses that are faults, not mere slowness.
bool is_failure(TrialStatus status);

/// Marks the candidate as decided and records that.
void decide(SearchState& state, KernelState& kernel, Candidate& candidate, TrialStatus status,
            std::string reason);

/// Needed whatever is known of it: the others are compared with it.
bool is_incumbent(const KernelState& kernel, const Candidate& candidate);

/// Compiles, reads the code and checks, until the times are over (seconds of backend.now()); what
/// was not reached stays undecided. The incumbents are done in any case.
void compile_and_check(SearchState& state, double compile_until, double check_until);

/// Times what was checked and confirms the winners.
void time_kernels(SearchState& state);

}  // namespace vitgen
