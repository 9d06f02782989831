#pragma once
// Timing a generated library.

#include <string>
#include <vector>

#include "tools/emit/progress.h"
#include "tools/measure/bench_record.h"

namespace vitgen {

/// The most runs of one cell: their times and those of their steps are kept until the end.
inline constexpr int kMostRuns = 20000;

struct BenchSettings {
  std::vector<int> threads = {0};  ///< 0: as many as the machine gives
  std::vector<int> batches;        ///< empty: those that the library has kernels for
  double seconds = 2;              ///< of runs for each cell
  int runs = 0;                    ///< instead of seconds, if not 0
  std::string isa;                 ///< empty: the best
  int seed = 1;                    ///< of the input and of the order
  bool no_graph = false;           ///< on a GPU, launch kernel by kernel
};

/// Measures every number of threads with every batch. Cells take turns in rounds, each in a new
/// random order, so that a slow moment of the machine meets them all. Tells `progress` when the
/// machine was busy, when it gives fewer threads than asked for, and when several reach no more
/// than one. Throws what opening and running the library throw.
BenchRecord run_bench(const std::string& directory, const BenchSettings& settings,
                      Progress& progress);

/// One name for the steps of a kernel, numbers between dots replaced by *: "blocks.*.attn.qkv".
std::string common_step_name(const std::vector<std::string>& names);

}  // namespace vitgen
