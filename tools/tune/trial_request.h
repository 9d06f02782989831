#pragma once
// What a child process is asked to do with compiled candidates, as a file.

#include <cstdint>
#include <string>
#include <vector>

#include "generators/base/op_spec.h"
#include "schedules/tuning/record.h"
#include "tools/tune/loaded_kernels.h"

namespace vitgen {

/// By bits where the op has one order of sums, else by the reference's bound; so on a GPU, whose
/// assembler may fuse a product with the sum that it is added to in one schedule and not in
/// another.
TuningCheck check_for(const OpSpec& spec, bool on_device);

struct TrialRequest {
  OpSpec spec;
  std::vector<KernelFile> kernels;
  bool on_device = false;  ///< kernels are device files and run on the first GPU
  std::uint32_t seed = 1;  ///< of the operands
  int threads = 1;
  int runs = 1;  ///< of a check on a GPU: all must give the same bits
  /// A file with the output of `fallback`, where the op has one order of sums; on a GPU that of the
  /// default, if it runs.
  std::string expected = {};
  std::uint64_t rotate_bytes = 0;  ///< of weights that timed calls take turns to use
  std::uint64_t memory_bytes = 0;  ///< address space of the child; 0: no limit
  std::uint64_t cpu_seconds = 0;   ///< 0: no limit

  std::string text() const;
  static TrialRequest parse(const std::string& path);
  bool operator==(const TrialRequest&) const = default;
};

}  // namespace vitgen
