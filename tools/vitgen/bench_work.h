#pragma once
// The work of a benchmark that comes from a file.

#include <string>

#include "tools/measure/bench_record.h"
#include "tools/vitgen/library_facts.h"

namespace vitgen {

/// Of these calls: operations and bytes follow from the spec.
Cost cost_of(const OpSpec& spec, int calls, double ms);

/// Counts calls, operations and bytes again, from the library's kernels: of a file only times are
/// believed. `name` is the file's. Throws bad_input BENCH_OTHER for a kernel or a batch of a step
/// that the library has not.
void count_work(BenchRecord& record, const LibraryFacts& facts, const std::string& name);

}  // namespace vitgen
