#pragma once
// One number of threads with one batch: its buffers, its bursts of runs, its figures.

#include <cstddef>
#include <vector>

#include "tools/measure/bench_record.h"
#include "tools/vitgen/bench.h"
#include "tools/vitgen/library_facts.h"
#include "tools/vitgen/loaded_library.h"
#include "tools/vitgen/random_input.h"

namespace vitgen {

/// How many times each bucket runs for a batch: the largest that fits first, as the runtime cuts
/// it.
std::vector<int> bucket_calls(const LibraryFacts& facts, int batch);

class BenchCell {
 public:
  /// The library's context measures its steps. It must live longer.
  BenchCell(LoadedLibrary& library, int batch, int seed);

  int threads() const { return library_.threads(); }
  int batch() const { return batch_; }

  /// Runs until caches, pages and threads are warm.
  void warm_up();
  /// A part of what the settings ask for; the first run is not counted where runs are short.
  void burst(const BenchSettings& settings);
  /// 0 at the beginning, 1 when enough is measured.
  double done(const BenchSettings& settings) const;

  CellTimes times(const LibraryFacts& facts) const;

 private:
  double run();
  void record(double ms);

  LoadedLibrary& library_;
  int batch_;
  RandomInputs inputs_;
  std::vector<std::vector<float>> values_;
  std::vector<void*> outputs_;
  double last_ms_ = 0;
  double spent_ms_ = 0;
  std::vector<double> ms_;
  std::vector<std::vector<float>> step_ns_;  ///< by step, then by run
};

}  // namespace vitgen
