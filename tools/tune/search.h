#pragma once
// The search for the fastest schedule of each kernel of a model:
//   enumerate, leave out by the model of registers and caches       candidates.h
//   compile, read the code, ask LLVM MCA                            at most 40 % of the time left,
//   check against fallback or the reference                         on all CPUs
//   time in a race, confirm the winner in pairs                     alone
//   again from the second line for what was not reached, while time is left
// Every candidate that is decided is recorded at once, so that what was learnt survives.

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "schedules/tuning/database.h"
#include "tools/measure/statistics.h"
#include "tools/tune/backend.h"

namespace vitgen {

/// One kernel of a model.
struct TuneKernel {
  OpSpec spec;
  int calls = 1;  ///< per run of the model
};

struct TuneSettings {
  const Machine* machine = nullptr;
  std::string host;  ///< host_text()
  CacheBytes caches;
  double budget_seconds = std::numeric_limits<double>::infinity();
  Selection selection;
  int jobs = 1;     ///< candidates that are compiled and checked at a time
  int threads = 1;  ///< of timed calls, as the backend has them
  int pairs = 30;
  bool resume = false;
  std::string run;  ///< of new trials; with `resume` that of the search that goes on, if any
  /// What `generate` would use now; without it the default.
  std::function<Choice(const OpSpec&)> in_use = nullptr;
  StopRequest stop = [] { return false; };
};

enum class Verdict {
  untuned,    ///< no candidate was timed: no time, interrupted, or nothing to choose from
  kept,       ///< what was there before is not beaten
  improved,   ///< the winner replaces it
  replaced,   ///< what was there before fails, so the winner replaces it, slower or not
  unfinished  ///< interrupted
};

struct KernelResult {
  TuneKernel kernel;
  std::vector<Candidate> candidates;
  Verdict verdict = Verdict::untuned;
  Choice before;             ///< what is used without this search
  std::string before_fault;  ///< why it did not pass compiling or its check, else empty
  Choice now;
  /// Per call, median of the confirming pairs, else one sample; 0: not measured.
  double before_seconds = 0;
  double now_seconds = 0;       ///< of a later wave's winner before_seconds * ratio
  Interval ratio{1, 1, 1};      ///< now / before; of one that is kept: the fastest other / before
  double recorded_seconds = 0;  ///< of `before`, by the database when the search began; 0: none
  double spread = 0;            ///< relative_spread of the confirming calls; 0: there were none
  bool complete = false;        ///< nothing is left to try
};

/// What a search tells while it runs.
struct TuneProgress {
  enum class Phase { compile, check, time };
  Phase phase = Phase::compile;
  std::uint64_t done = 0, total = 0;     ///< candidates that this phase compiles or checks
  double work = 0;                       ///< of all that was to try when the search began, 0 to 1
  const KernelResult* kernel = nullptr;  ///< the one that is worked on, if it is one
  double best_seconds = 0;               ///< of that kernel, per call
  int failures = 0;                      ///< candidates so far that failed, not merely slow ones
};
using TuneWatcher = std::function<void(const TuneProgress&)>;

std::vector<KernelResult> tune(const std::vector<TuneKernel>& kernels, const TuneSettings& settings,
                               TuneBackend& backend, TuningDatabase& database,
                               const TuneWatcher& watcher);

/// The kernels with their candidates as the model leaves them, those already tried decided where
/// the settings say resume: what tune() begins with.
std::vector<KernelResult> plan_search(const std::vector<TuneKernel>& kernels,
                                      const TuneSettings& settings, const TuningDatabase* database);

}  // namespace vitgen
