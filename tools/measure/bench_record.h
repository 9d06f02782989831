#pragma once
// What `vitgen bench` measured, as values with a JSON form: the text table, the JSON and the report
// show these figures and derive the others in the same way.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "generators/base/json.h"
#include "generators/base/op_spec.h"
#include "tools/measure/machine_peaks.h"

namespace vitgen {

inline constexpr int kBenchSchema = 1;

/// Time and work of some calls in one run of a cell.
struct Cost {
  int calls = 0;
  double ms = 0;     ///< median over the runs
  double flops = 0;  ///< of all calls, 2 per multiply-add
  double bytes = 0;  ///< of all calls: what is read of the operands and written, once a call

  /// 0 where no time was measured.
  double gflops() const { return ms > 0 ? flops / ms * 1e-6 : 0; }
  double gbs() const { return ms > 0 ? bytes / ms * 1e-6 : 0; }
  bool operator==(const Cost&) const = default;
};

struct StepTime {
  std::string name;        ///< "blocks.3.attn.qkv"
  int batch = 1;           ///< of the bucket that it belongs to
  std::size_t kernel = 0;  ///< into CellTimes::kernels
  Cost cost;
  bool operator==(const StepTime&) const = default;
};

/// All steps of a cell that call the same kernel.
struct KernelTime {
  std::string name;
  std::string op;
  std::string spec;        ///< the text of its OpSpec
  std::string choice;      ///< of the variant that ran: rule and knobs
  std::string provenance;  ///< where the choice came from
  std::string steps;       ///< their common name: "blocks.*.attn.qkv"
  Cost cost;
  bool operator==(const KernelTime&) const = default;
};

/// Milliseconds of one run.
struct RunTimes {
  int runs = 0;
  double min = 0, p10 = 0, p25 = 0, p50 = 0, p75 = 0, p90 = 0, p99 = 0, max = 0;

  /// Distance of the quartiles over the median.
  double spread() const { return p50 > 0 ? (p75 - p25) / p50 : 0; }
  bool operator==(const RunTimes&) const = default;
};

RunTimes run_times(const std::vector<double>& ms);

/// One number of threads with one batch.
struct CellTimes {
  int threads = 1;
  int batch = 1;
  RunTimes ms;
  std::vector<KernelTime> kernels;  ///< most time first
  std::vector<StepTime> steps;      ///< in the order of the library

  double flops() const;         ///< of one run
  double gflops() const;        ///< at the median
  double images_per_s() const;  ///< at the median
  double steps_ms() const;      ///< sum of the steps' medians
  bool operator==(const CellTimes&) const = default;
};

/// The GPU that a library ran on. Peaks are its own then, and those of a product are of the
/// library's storage type: kernels that do not multiply on tensor cores cannot reach them.
struct BenchGpu {
  std::string name;
  std::size_t l2 = 0;          ///< bytes
  DType factors = DType::f32;  ///< of the products that MachinePeaks::gflops counts
  bool operator==(const BenchGpu&) const = default;
};

struct BenchRecord {
  std::string date;                          ///< UTC, ISO 8601
  std::string vitgen, halide, llvm;          ///< versions of this program
  std::string library, text, abi_hash, isa;  ///< of the library
  std::string cpu;
  int cpus = 1;                                ///< that this process may use
  CacheSizes caches;                           ///< of the CPU
  std::optional<BenchGpu> gpu = std::nullopt;  ///< none: the peaks are the CPU's
  std::vector<MachinePeaks> peaks;             ///< one for each number of threads
  double seconds = 0;                          ///< asked for per cell; 0 where runs were counted
  int seed = 1;                                ///< of the input
  std::vector<CellTimes> cells;

  /// Of this number of threads. Throws internal BENCH_PEAKS if there are none.
  const MachinePeaks& peaks_of(int threads) const;
  /// What its peaks are peaks of: "multiply-adds", or on tensor cores "f16 products".
  std::string peak_words() const;
  bool operator==(const BenchRecord&) const = default;
};

Json bench_json(const BenchRecord& record);

/// Inverse of bench_json; derived figures in the file are not read. Throws bad_input BENCH_JSON,
/// BENCH_FIELD, BENCH_RANGE naming the place, io IO_*.
BenchRecord read_bench(const std::string& path);
BenchRecord parse_bench(const JsonFile& file);
JsonCodes bench_codes();

}  // namespace vitgen
