#pragma once
// A benchmark, a comparison and a search that fit on a page, made by hand.

#include "tools/report/report.h"

namespace vitgen::testing {

/// Two numbers of threads; three kernels, the least of which takes next to no time.
ReportFacts sample_facts();

/// What tools/bench_peers.py writes, two cells.
Json sample_peers();

/// Trials of which two were measured and two rejected.
std::vector<TuningHistory> sample_tuning();

}  // namespace vitgen::testing
