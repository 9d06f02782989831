#pragma once
// Which schedules of one kernel are worth compiling, in the order in which they are tried.

#include <cstdint>
#include <vector>

#include "schedules/tuning/record.h"
#include "tools/tune/code_facts.h"
#include "tools/tune/loaded_kernels.h"
#include "tools/tune/tile_model.h"

namespace vitgen {

struct Candidate {
  Choice choice;
  int rule_version = 1;
  int ordinal = 0;  ///< place in the search, from 0
  TileEstimate model = {};
  bool is_default = false;
  /// Decided: what became of it is known and recorded.
  bool decided = false;
  TrialStatus status = TrialStatus::measured;
  std::string reason;
  // Of one that was compiled:
  KernelFile file = {};
  CodeFacts facts = {};
  bool compiled = false;
  bool checked = false;
  // Of one that was timed, in seconds per call:
  std::vector<double> samples;
};

struct Selection {
  int keep = 24;   ///< best of the model
  int random = 8;  ///< of the others: the model may be wrong
  std::uint32_t seed = 1;
};

/// At most `trials` candidates a kernel, a quarter of them random; 0: as many as are usual.
Selection selection_for(int trials, std::uint32_t seed);

/// All settings of all rules for the op: the default first, then those to try, best estimate first,
/// then the random ones, then those that the model leaves out, decided as rejected_model. Depends
/// on nothing but the arguments. Without a rule with settings it is empty: `fallback` has no knobs.
std::vector<Candidate> enumerate_candidates(const OpSpec& spec, const Machine& machine,
                                            const CacheBytes& caches, const Selection& selection);

}  // namespace vitgen
