#pragma once
// What a search tried for one kernel: its best over the trials, and what was rejected and why.

#include <string>
#include <vector>

#include "generators/base/json.h"

namespace vitgen {

struct TrialPoint {
  std::string choice;  ///< rule and knobs
  std::string status;  ///< "measured", or what became of it
  std::string reason;  ///< of a rejection
  double best_us = 0;  ///< of one call, the shortest of its samples; 0 unless measured
};

/// The trials of one kernel in their order.
struct TuningHistory {
  std::string steps;  ///< their common name: "blocks.*.attn.qkv"
  std::string spec;
  std::string machine;   ///< and the host that it ran on
  double flops = 0;      ///< of one call
  std::string recorded;  ///< the choice that won the pairs, if one has; not always the shortest
  std::vector<TrialPoint> trials;
};

/// Index of the fastest measured trial, or trials.size().
std::size_t best_trial(const TuningHistory& history);

std::string history_chart(const TuningHistory& history, double width, std::string_view style);

/// What the page carries: per kernel its best, its counts by status and every trial.
Json history_json(const std::vector<TuningHistory>& histories);

}  // namespace vitgen
