#pragma once
// What the tuning database knows of a library's kernels.

#include <string>
#include <vector>

#include "tools/measure/bench_record.h"
#include "tools/report/history.h"

namespace vitgen {

/// The trials of the last search for each kernel of the benchmark on each host, in the order of the
/// kernels, those that take most time first. `database` is a file that must be there; empty: the
/// user's own, if there is one. Throws io TUNE_DB_OPEN and what reading a database throws.
std::vector<TuningHistory> tuning_history(const std::string& database, const BenchRecord& bench);

}  // namespace vitgen
