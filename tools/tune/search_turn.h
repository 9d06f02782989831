#pragma once
// One kernel's part of the timing: its candidates in a race, then the winner and the
// incumbent in pairs.

#include <memory>

#include "tools/tune/search_state.h"

namespace vitgen {

/// Seconds: a small kernel's share may be next to nothing.
inline constexpr double kShortestTurn = 0.5;

/// The candidates that are loaded are called by their numbers in the session.
struct Turn {
  SearchState& state;
  KernelState& kernel;
  std::unique_ptr<TimingSession> session;
  std::vector<std::size_t> candidates;  // into the kernel's list, by number
  int incumbent = 0;                    // number; -1: it did not pass its check
  double until = 0;                     // seconds of backend.now()
  double best = 0;                      // seconds per call so far
  bool cut_off = false;                 // the race was not run to its end

  Candidate& candidate(int number) {
    return kernel.result.candidates[candidates[static_cast<std::size_t>(number)]];
  }
};

/// Writes down what was decided, and the record; the winner is the kernel's next incumbent.
void run_turn(Turn& turn);

}  // namespace vitgen
