#pragma once
// What the search asks of the world: compiling, checking, timing and the clock. Tests put their own
// in its place.

#include <functional>
#include <limits>
#include <memory>
#include <span>

#include "tools/emit/child_process.h"
#include "tools/tune/candidates.h"
#include "tools/tune/racing.h"

namespace vitgen {

/// What became of one step of a candidate.
struct StepResult {
  /// The step said yes.
  bool good = false;
  /// Ended by the StopRequest or for lack of time: nothing is known of the candidate.
  bool interrupted = false;
  TrialStatus status = TrialStatus::compile_failed;  ///< if not good
  std::string reason;                                ///< one line, if not good
};

struct CompileResult : StepResult {
  KernelFile file = {};
  CodeFacts facts = {};
};

/// Candidates of one kernel that are loaded and timed.
class TimingSession {
 public:
  virtual ~TimingSession() = default;
  /// Waits at most `seconds` where that is less than its own patience; then it is interrupted.
  virtual Sample sample_within(int number, double seconds) = 0;
  Sample sample(int number) {
    return sample_within(number, std::numeric_limits<double>::infinity());
  }
};

struct TuneBackend {
  virtual ~TuneBackend() = default;
  /// Both are called by several threads at once.
  virtual CompileResult compile(const OpSpec& spec, const Choice& choice) = 0;
  virtual StepResult check_with(const OpSpec& spec, const KernelFile& file, int threads) = 0;
  StepResult check(const OpSpec& spec, const KernelFile& file) { return check_with(spec, file, 1); }
  /// The numbers of sample() are places in `files`.
  virtual std::unique_ptr<TimingSession> time(const OpSpec& spec,
                                              std::span<const KernelFile> files) = 0;
  /// Seconds since the search began.
  virtual double now() = 0;
};

}  // namespace vitgen
