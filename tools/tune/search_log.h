#pragma once
// What a search writes down, and how it knows what was written before.

#include <map>
#include <mutex>

#include "tools/tune/search.h"

namespace vitgen {

/// Records trials and records in the database; may be used by several threads.
class SearchLog {
 public:
  SearchLog(TuningDatabase& database, const TuneSettings& settings)
      : database_(database), settings_(settings) {}

  /// Of a decided candidate.
  void add(const OpSpec& spec, const Candidate& candidate);
  /// Those that the model left out, all at once.
  void add_left_out(const KernelResult& kernel);
  /// `samples`: seconds per call of confirming runs.
  void put(const OpSpec& spec, const Choice& choice, int rule_version,
           const std::vector<double>& samples);
  /// The records of a choice that has failed, whatever threads they were timed on.
  void remove(const OpSpec& spec, const Choice& choice);

 private:
  TuningTrial trial(const OpSpec& spec, const Candidate& candidate) const;

  TuningDatabase& database_;
  const TuneSettings& settings_;
  std::mutex mutex_;
};

/// Decides the candidates with a trial of these versions on as many threads. Those that only the
/// model left out are not counted: another selection may try them.
void mark_tried(KernelResult& kernel, const TuneSettings& settings, const TuningDatabase& database);

/// Those of `run` with these versions on as many threads.
std::vector<TuningTrial> trials_of(const KernelResult& kernel, const std::string& run,
                                   const TuneSettings& settings, const TuningDatabase& database);

/// The run that a resumed search goes on with: the newest with a trial of one of the kernels with
/// these versions on as many threads.
std::string last_run(const std::vector<TuneKernel>& kernels, const TuneSettings& settings,
                     const TuningDatabase& database);

}  // namespace vitgen
