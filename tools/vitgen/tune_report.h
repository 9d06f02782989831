#pragma once
// What `vitgen tune` says: lines for its progress, and what it found.

#include <string>
#include <vector>

#include "tools/tune/search.h"

namespace vitgen {

/// The name that `--op` patterns and tables use: "linear_197x768x3072_gelu_erf_1a2b3c4d".
std::string tune_name(const OpSpec& spec);

double gflops(const OpSpec& spec, double seconds);

/// "24 timed, 130 left out, 6 rejected, 1 failed".
std::string tally(const KernelResult& kernel);

/// One block of lines per kernel, and the sum over all. `peak` in GF/s; 0: not known.
std::string tune_table(const std::vector<KernelResult>& results, double peak);

/// That other programs disturb a search: before it by the share of their time that as many threads
/// as there are CPUs get, after it by the spread of what was timed. Empty if they do not.
std::string busy_at_start(int cpus, double share);
std::string busy_at_end(const std::vector<KernelResult>& results);

/// What a search would try.
std::string dry_run_table(const std::vector<KernelResult>& plan);

/// "compile 12 of 60: 2 failed", "time: best 75.0 GF/s, 78 %, 2 failed  linear_197x768".
std::string progress_text(const TuneProgress& progress, double peak);

}  // namespace vitgen
