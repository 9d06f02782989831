#pragma once
// How fast a library is on a GPU: a run with its copies, a run on arrays that are there already,
// runs one behind the other, and each step.

#include <string>
#include <vector>

#include "generators/base/json.h"
#include "tools/measure/bench_record.h"

namespace vitgen {

struct GpuBenchSettings {
  std::string directory;
  std::string isa;
  std::vector<int> batches;  ///< empty: those that the library has kernels for
  double seconds = 2;        ///< of runs, for each batch
  unsigned seed = 1;
};

/// The steps that call one kernel, in one run.
struct GpuKernelTime {
  std::string op, spec;
  Cost cost;
};

struct GpuBenchCell {
  int batch = 1;
  RunTimes run_ms;                     ///< run(): with copies from and to the host
  RunTimes device_ms;                  ///< run_device() and the wait for its end
  double images_per_s = 0;             ///< of run_device() one behind the other
  std::vector<GpuKernelTime> kernels;  ///< most time first
};

struct GpuBench {
  std::string name, isa, precision;
  std::vector<GpuBenchCell> cells;
};

/// Errors: those of LoadedLibrary and of Gpu.
GpuBench bench_library(const GpuBenchSettings& settings);

Json gpu_bench_json(const GpuBench& bench);

}  // namespace vitgen
