#pragma once
// What the device that a library runs on can do at most: the 100 % of a benchmark.

#include <vector>

#include "schedules/machine.h"
#include "tools/measure/bench_record.h"

namespace vitgen {

/// Measures the peaks of `machine`'s kind of device here, for each number of threads: of the CPU,
/// or of the first GPU, whose peaks are the same for all of them and those of products of
/// `precision`. Throws what measuring throws: MEASURE_ISA, NOMEM, GPU_NONE, GPU_CALL.
void measure_peaks(BenchRecord& record, const Machine& machine, DType precision,
                   const std::vector<int>& threads);

/// The peaks of products once more, at the end: the better one was the undisturbed one.
void measure_peaks_again(BenchRecord& record, const Machine& machine);

}  // namespace vitgen
